/** Words and their vectors, most frequent word first. */
export class WordVectors {
  constructor(
    readonly words: readonly string[],
    /** `[words.length, dimension]`, row by row. */
    readonly values: Float32Array,
    readonly dimension: number,
  ) {}
}
