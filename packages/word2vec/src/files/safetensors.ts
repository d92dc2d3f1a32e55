import {decodeSafetensors, encodeSafetensors} from '@gatefold/training';
import {WordVectorsError} from '../errors/word-vectors-error';
import {WordVectors} from '../word-vectors/word-vectors';

/**
 * The vectors as safetensors: the tensor `vectors` `[words, dimension]`, and the words as a JSON list in the metadata `words`.
 *
 * @example from safetensors import safe_open # in Python: f.get_tensor('vectors'), json.loads(f.metadata()['words'])
 */
export function encodeVectorsSafetensors({words, values, dimension}: WordVectors): Uint8Array {
  const vectors = {shape: [words.length, dimension], data: values};
  return encodeSafetensors({vectors}, {words: JSON.stringify(words)});
}

/** Reads them. @throws WordVectorsError, or CheckpointError where the bytes are no safetensors. */
export function decodeVectorsSafetensors(bytes: Uint8Array): WordVectors {
  const {tensors, metadata} = decodeSafetensors(bytes);
  const {shape, data} = tensors.vectors ?? {};
  if (!(data instanceof Float32Array) || shape?.length !== 2 || metadata.words === undefined) {
    throw new WordVectorsError(
      `These safetensors hold ${Object.keys(tensors).join(', ') || 'nothing'}; a matrix "vectors" and the metadata "words" were expected.`,
    );
  }
  return new WordVectors(parseWords(metadata.words), data, shape[1]!);
}

function parseWords(text: string): string[] {
  let words: unknown;
  try {
    words = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new WordVectorsError(`The metadata "words" is ${text.slice(0, 40)}; a JSON list of words was expected.`);
}
