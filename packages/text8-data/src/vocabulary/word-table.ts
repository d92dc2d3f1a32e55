const space = 0x20;

/** Five bits a letter: two 30-bit halves hold a word of 12, exactly. */
const packedLetters = 12;

/** Of a slot: the two halves of the word's key, and its number plus one (0 where the slot is empty). */
const slotSize = 4;

/**
 * Numbers the distinct words of a text in order of first occurrence, and counts them, from the bytes themselves: no
 * string is made for a word of the text.
 *
 * An open-addressing hash table, at most half full, probed linearly. A word of up to 12 letters is its own key, five bits
 * a letter, so nothing else need be compared; a longer one has a hash for its key, and then its letters are compared. A
 * slot lies in one cache line with all that a look-up needs.
 *
 * Memory: 60 to 200 bytes a distinct word.
 */
export class WordTable {
  /** How many distinct words there are. */
  size = 0;
  /** How often each was read; longer than `size`. */
  counts = new Float64Array(2 ** 12);
  #slots = new Int32Array(slotSize * 2 ** 13);
  /** The letters of all words, one after the other, and where each begins. */
  #letters = new Uint8Array(2 ** 15);
  #starts = new Int32Array(2 ** 12 + 1);

  /**
   * Writes the number of every word and says how many words there were.
   *
   * @param bytes a to z and space only: not checked.
   * @param end not within a word.
   * @param numbers room for half as many as bytes, rounded up.
   * @param grow adds words that are not in the table; else their number is `size`.
   */
  read(bytes: Uint8Array, start: number, end: number, numbers: Int32Array, grow: boolean): number {
    let slots = this.#slots;
    let counts = this.counts;
    let lastSlot = slots.length / slotSize - 1;
    let read = 0;
    for (let at = start; at < end; at++) {
      let byte = bytes[at]!;
      if (byte === space) continue;
      const wordStart = at;
      let low = 0;
      let high = 0;
      do {
        high = (high << 5) | (low >>> 25);
        low = ((low << 5) & 0x3fffffff) | (byte & 0x1f);
        at++;
        byte = at < end ? bytes[at]! : space;
      } while (byte !== space);
      const length = at - wordStart;
      if (length > packedLetters) {
        low = hashOfLetters(bytes, wordStart, at);
        high = ~length; // negative, as no short word's is
      }
      let slot = hash(low, high) & lastSlot;
      let number: number;
      for (;;) {
        const place = slotSize * slot;
        number = slots[place + 2]! - 1;
        if (number < 0) {
          number = this.size;
          if (grow) {
            this.#add(bytes, wordStart, at, low, high, place);
            slots = this.#slots;
            counts = this.counts;
            lastSlot = slots.length / slotSize - 1;
          }
          break;
        }
        if (slots[place] === low && slots[place + 1] === high) {
          if (length <= packedLetters || this.#isWord(number, bytes, wordStart, length)) break;
        }
        slot = (slot + 1) & lastSlot;
      }
      counts[number]!++; // there is room for one more than the words
      numbers[read++] = number;
    }
    return read;
  }

  /** The words in order of their numbers. */
  words(): string[] {
    const text = new TextDecoder().decode(this.#letters.subarray(0, this.#starts[this.size]));
    return Array.from({length: this.size}, (_, number) => text.slice(this.#starts[number], this.#starts[number + 1]));
  }

  #isWord(number: number, bytes: Uint8Array, start: number, length: number): boolean {
    const own = this.#starts[number]!;
    for (let index = 0; index < length; index++) {
      if (this.#letters[own + index] !== bytes[start + index]) return false;
    }
    return true; // the lengths are the same, being part of the key
  }

  #add(bytes: Uint8Array, start: number, end: number, low: number, high: number, place: number): void {
    const number = this.size++;
    const lettersStart = this.#starts[number]!;
    const lettersEnd = lettersStart + end - start;
    if (lettersEnd > this.#letters.length) {
      this.#letters = copied(this.#letters, new Uint8Array(Math.max(lettersEnd, 2 * this.#letters.length)));
    }
    for (let at = start; at < end; at++) this.#letters[lettersStart + at - start] = bytes[at]!;
    if (this.size === this.counts.length) {
      this.counts = copied(this.counts, new Float64Array(2 * this.size));
      this.#starts = copied(this.#starts, new Int32Array(2 * this.size + 1));
    }
    this.#starts[this.size] = lettersEnd;
    this.#slots[place] = low;
    this.#slots[place + 1] = high;
    this.#slots[place + 2] = this.size;
    if (2 * slotSize * this.size >= this.#slots.length) this.#slots = spread(this.#slots, 4 * this.#slots.length);
  }
}

/** The same slots in a table of another length. */
function spread(slots: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  const lastSlot = length / slotSize - 1;
  for (let from = 0; from < slots.length; from += slotSize) {
    if (slots[from + 2] === 0) continue;
    let slot = hash(slots[from]!, slots[from + 1]!) & lastSlot;
    while (larger[slotSize * slot + 2] !== 0) slot = (slot + 1) & lastSlot;
    for (let part = 0; part < slotSize; part++) larger[slotSize * slot + part] = slots[from + part]!;
  }
  return larger;
}

/** Of two halves, 32 bits of which the low ones depend on all: the finaliser of MurmurHash3. */
function hash(low: number, high: number): number {
  let mixed = low ^ Math.imul(high, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** FNV-1a. */
function hashOfLetters(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}

function copied<Numbers extends Uint8Array | Int32Array | Float64Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
