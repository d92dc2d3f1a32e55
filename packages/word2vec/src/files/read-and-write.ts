import {vectorFiles} from '#vector-files';
import {WordVectorsError} from '../errors/word-vectors-error';
import type {WordVectors} from '../word-vectors/word-vectors';
import {decodeVectorsSafetensors, encodeVectorsSafetensors} from './safetensors';
import {decodeWord2VecBinary, encodeWord2VecBinary} from './word2vec-binary';
import {decodeWord2VecText, encodeWord2VecText} from './word2vec-text';

const formats = {
  'word2vec-text': {endings: ['.txt', '.vec'], encode: encodeWord2VecText, decode: decodeWord2VecText},
  'word2vec-binary': {endings: ['.bin'], encode: encodeWord2VecBinary, decode: decodeWord2VecBinary},
  safetensors: {endings: ['.safetensors'], encode: encodeVectorsSafetensors, decode: decodeVectorsSafetensors},
};

export type VectorsFormat = keyof typeof formats;

export interface VectorsFileOptions {
  /** What the end of the name says unless told: `.txt` and `.vec`, `.bin`, or `.safetensors`. */
  format?: VectorsFormat;
}

/** What Node reads in one piece. */
const mostBytes = 2 ** 31 - 1;

/**
 * Writes vectors to a file: whole, or on an error not at all; a file that was there before is replaced only then. In Node.
 *
 * @throws WordVectorsError where the file cannot be written, its name tells of no format, or the format cannot hold a word.
 * @example await writeVectors('vectors.bin', await training.wordVectors());
 */
export async function writeVectors(
  path: string,
  vectors: WordVectors,
  {format}: VectorsFileOptions = {},
): Promise<void> {
  const bytes = formatOf(path, format).encode(vectors);
  await vectorFiles.write(path, bytes).catch((error: unknown) => {
    throw new WordVectorsError(
      `${path} cannot be written: ${messageOf(error)}. What was there before is untouched; make room, or choose another folder.`,
      {cause: error},
    );
  });
}

/**
 * Reads vectors from a file of at most 2 GiB, and checks its header against its content. In Node.
 *
 * @throws WordVectorsError where there is no such file, its name tells of no format, or it is cut, damaged or too long.
 * @example const vectors = await readVectors('vectors.bin');
 */
export async function readVectors(path: string, {format}: VectorsFileOptions = {}): Promise<WordVectors> {
  const {decode} = formatOf(path, format);
  const bytes = await vectorFiles.read(path, mostBytes).catch((error: unknown) => {
    throw new WordVectorsError(`${path} cannot be read: ${messageOf(error)}. Check the path.`, {cause: error});
  });
  try {
    return decode(bytes);
  } catch (error) {
    throw new WordVectorsError(`${path}: ${messageOf(error)}`, {cause: error});
  }
}

function formatOf(path: string, format: VectorsFormat | undefined) {
  const name = path.toLowerCase();
  const found =
    format === undefined
      ? Object.values(formats).find(({endings}) => endings.some((ending) => name.endsWith(ending)))
      : Object.hasOwn(formats, format) && formats[format];
  if (found) return found;
  const known = Object.keys(formats).join(', ');
  throw new WordVectorsError(
    format === undefined
      ? `The end of ${path} tells of no format (.txt, .vec, .bin, .safetensors do): give the option "format", one of ${known}.`
      : `The format is ${format}, expected one of ${known}.`,
  );
}

/** Without a full stop at its end, which some have and Node's have not. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
