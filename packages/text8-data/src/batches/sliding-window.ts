import {refuseString} from './refuse-string';

/** A text of ids that is read a piece at a time: an `EncodedCorpus`, an `EncodedFile`. */
export interface ReadableIds {
  readonly length: number;
  /** Copies the ids from `start` into the array and says how many: all of it, but for the end of the text. */
  read(start: number, into: Int32Array): number;
}

/**
 * The window `[skipWindow centre skipWindow]` of the classic exercise, which slides over a text one word at a time, and
 * at the end of the text goes on with its beginning. All the windows of a batch are one run of ids.
 */
export class SlidingWindow {
  /** Where the next batch's first window begins. */
  position = 0;
  readonly length: number;
  readonly #text: ReadableIds;
  /** The ids of a batch's windows: window w is `ids[w]` to `ids[w + 2 * skipWindow]`, its centre `ids[w + skipWindow]`. */
  readonly #ids: Int32Array;
  readonly #windows: number;

  /**
   * @throws RangeError where the text is shorter than a window, or a size is not a whole number above 0. TypeError where the
   *   text is a string.
   */
  constructor(text: ReadableIds | Int32Array, {windows, skipWindow}: {windows: number; skipWindow: number}) {
    refuseString(text, 'its ids, encodeWords(text, ...)');
    if (!(Number.isSafeInteger(skipWindow) && skipWindow > 0)) {
      throw new RangeError(`skipWindow is ${skipWindow}, expected a whole number above 0.`);
    }
    const span = 2 * skipWindow + 1;
    if (text.length < span) {
      throw new RangeError(
        `The text has ${text.length} words, expected at least the ${span} of a window. ` +
          'Take a longer text or a smaller skipWindow.',
      );
    }
    this.#text = 'read' in text ? text : {length: text.length, read: (start, into) => copyIds(text, start, into)};
    this.length = text.length;
    this.#windows = windows;
    this.#ids = new Int32Array(windows + span - 1);
  }

  /** The ids of the next windows, in an array that the next call writes over. */
  next(): Int32Array {
    const ids = this.#ids;
    let read = this.#text.read(this.position, ids);
    while (read < ids.length) read += this.#text.read((this.position + read) % this.length, ids.subarray(read));
    this.position = (this.position + this.#windows) % this.length;
    return ids;
  }

  /** @throws RangeError where that is no place of the text. */
  moveTo(position: unknown): void {
    if (!(typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 && position < this.length)) {
      throw new RangeError(
        `The batches' position is ${String(position)}, expected a whole number below ${this.length}.`,
      );
    }
    this.position = position;
  }
}

/** Copies ids from `start` into the array, one by one, as few as a batch's are copied fastest, and says how many. */
export function copyIds(ids: Int32Array, start: number, into: Int32Array): number {
  const count = Math.max(0, Math.min(into.length, ids.length - start));
  for (let index = 0; index < count; index++) into[index] = ids[start + index]!;
  return count;
}

/** @throws RangeError where a generator of other batches wrote the state. */
export function checkSame(state: Readonly<Record<string, unknown>>, own: Readonly<Record<string, unknown>>): void {
  for (const key of ['length', 'batchSize', 'skipWindow', 'numSkips']) {
    if (state[key] !== own[key]) {
      throw new RangeError(
        `The batches to go on with have ${key} ${String(state[key])}, these have ${String(own[key])}: use the same text and sizes.`,
      );
    }
  }
}
