import {platform} from '#platform';
import type {Progress} from '../download/download';
import {CorpusError} from '../errors/corpus-error';
import type {OpenFile} from '../platform/platform';
import {WordReader} from '../vocabulary/word-reader';
import {WordTable} from '../vocabulary/word-table';
import {WordVocabulary, type WordVocabularyJSON, withIds} from '../vocabulary/word-vocabulary';
import {checkedOptions, type EncodeWordsOptions} from './encoded-corpus';

const bytesPerId = Int32Array.BYTES_PER_ELEMENT;

/** What the file ends in: the length of the JSON before it, and this. */
const signature = new TextEncoder().encode('GFWORDS1');
const endLength = 4 + signature.length;

/** How many ids are looked up at once in the second pass. */
const blockLength = 2 ** 18;

export interface EncodeWordsToFileOptions extends EncodeWordsOptions {
  /** Stops it; nothing is left. */
  signal?: AbortSignal;
  /** Called as the text is read, in bytes. */
  onProgress?: (progress: Progress) => void;
}

/**
 * A text as the ids of its words, in a file: int32, little-endian, one after the other; then, as JSON, the vocabulary and
 * how many words the text had; then the length of the JSON and `GFWORDS1`. Node only.
 *
 * @example
 * const corpus = await EncodedFile.open('wiki.words');
 * for (const {inputs, targets} of new SkipGramBatches(corpus)) train(inputs, targets);
 */
export class EncodedFile {
  readonly #file: OpenFile;

  private constructor(
    file: OpenFile,
    readonly vocabulary: WordVocabulary,
    /** How many ids there are. */
    readonly length: number,
    /** How many words the text itself has, those that were left out included. */
    readonly rawLength: number,
  ) {
    this.#file = file;
  }

  /**
   * Opens what `encodeWordsToFile` wrote; to be closed.
   *
   * @throws CorpusError where there is no such file, or it was cut, or is another.
   */
  static async open(path: string): Promise<EncodedFile> {
    const file = await platform.openFile(path);
    try {
      const end = new Uint8Array(endLength);
      const isEncoded =
        file.read(end, Math.max(0, file.size - endLength)) === endLength &&
        signature.every((byte, index) => end[4 + index] === byte);
      const jsonLength = new DataView(end.buffer).getUint32(0, true);
      const idsLength = file.size - endLength - jsonLength;
      if (!isEncoded || idsLength < 0 || idsLength % bytesPerId !== 0) throw new Error('it does not end as one does');
      const json = new Uint8Array(jsonLength);
      file.read(json, idsLength);
      const {vocabulary, length, rawLength} = JSON.parse(new TextDecoder().decode(json)) as Description;
      if (length !== idsLength / bytesPerId || !(rawLength >= length)) {
        throw new Error(`it has ${idsLength / bytesPerId} ids, expected ${length} of ${rawLength} words`);
      }
      return new EncodedFile(file, WordVocabulary.fromJSON(vocabulary), length, rawLength);
    } catch (error) {
      file.close();
      throw new CorpusError(
        `${path} is no whole file of encoded words: ${(error as Error).message.replace(/\.$/, '')}. Make it again with encodeWordsToFile().`,
        {cause: error},
      );
    }
  }

  /**
   * Copies the ids from `start` into the array and says how many: all of it, but for the end of the corpus.
   *
   * @throws CorpusError where the file was changed since it was opened, or has an id that is not of the vocabulary.
   */
  read(start: number, into: Int32Array): number {
    const ids = into.subarray(0, Math.max(0, this.length - start));
    const read = this.#file.read(asBytes(ids), bytesPerId * start);
    const {size} = this.vocabulary;
    for (let index = 0; index < ids.length; index++) {
      if (ids[index]! >>> 0 >= size || read < ids.byteLength) {
        throw new CorpusError(
          `The encoded words are damaged: word ${start + index} has the id ${ids[index]}, expected 0 to ${size - 1}. ` +
            'Make the file again with encodeWordsToFile().',
        );
      }
    }
    return ids.length;
  }

  close(): void {
    this.#file.close();
  }
}

interface Description {
  vocabulary: WordVocabularyJSON;
  length: number;
  rawLength: number;
}

/**
 * Counts the words of a text and encodes it, from a file into a file, neither of which need fit in memory. The text is
 * read once: a first pass numbers its words in order of first occurrence, a second, over the numbers, puts the ids in
 * their place. The file has its name when it is whole.
 *
 * @param from the path of a plain file or of a zip archive with one file, or one called text8; or chunks of bytes, such
 *   as a stream. Line ends are spaces where the text is normalised, and an error where it is not.
 * @param to the path of the file to write; what is there is replaced.
 * @throws CorpusError where the text cannot be read whole, or has other characters than a to z and space and is not
 *   normalised, or the file cannot be written; RangeError where an option is out of range or no word is left; the
 *   signal's reason.
 * @example
 * const corpus = await encodeWordsToFile('enwiki.txt', 'enwiki.words', {minimumCount: 5, normalise: true});
 *
 * Cost: 1.8 s for 100 MB; memory for the distinct words, not for the text; on the disk 4 bytes a word.
 */
export async function encodeWordsToFile(
  from: string | AsyncIterable<Uint8Array>,
  to: string,
  options: EncodeWordsToFileOptions = {},
): Promise<EncodedFile> {
  const {signal, onProgress, normalise} = options;
  const {vocabulary: given, ...counting} = checkedOptions(options);
  signal?.throwIfAborted();
  const {name, total, chunks} =
    typeof from === 'string' ? await platform.readChunks(from) : {name: 'The text', total: undefined, chunks: from};
  const known = given?.table();
  const reader = new WordReader(name, known?.table ?? new WordTable(), {grow: !known, normalise});
  const file = await platform.createFile(to);
  try {
    let received = 0;
    let numbersEnd = 0;
    const keep = async (numbers: Int32Array) => {
      await file.write(asBytes(numbers), numbersEnd);
      numbersEnd += numbers.byteLength;
    };
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      await keep(reader.push(chunk));
      received += chunk.length;
      onProgress?.({received, total});
    }
    await keep(reader.end());
    const {vocabulary, ids} =
      given && known ? {vocabulary: given, ids: known.ids} : WordVocabulary.ofTable(reader.table, counting);
    // Ids are at most as many as numbers, so they never overtake them.
    let idsEnd = 0;
    const block = new Int32Array(blockLength);
    for (let at = 0; at < numbersEnd; at += block.byteLength) {
      signal?.throwIfAborted();
      const numbers = block.subarray(0, (numbersEnd - at) / bytesPerId);
      await file.read(asBytes(numbers), at);
      const known = withIds(numbers, ids);
      await file.write(asBytes(known), idsEnd);
      idsEnd += known.byteLength;
    }
    const description = {length: idsEnd / bytesPerId, rawLength: reader.length, vocabulary};
    const end = ending(new TextEncoder().encode(JSON.stringify(description)));
    await file.write(end, idsEnd);
    await file.finish(idsEnd + end.length);
  } catch (error) {
    await file.discard();
    throw error;
  }
  return EncodedFile.open(to);
}

function ending(json: Uint8Array): Uint8Array {
  const end = new Uint8Array(json.length + endLength);
  end.set(json);
  new DataView(end.buffer).setUint32(json.length, json.length, true);
  end.set(signature, json.length + 4);
  return end;
}

function asBytes({buffer, byteOffset, byteLength}: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
