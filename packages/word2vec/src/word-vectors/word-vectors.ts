import {tensor2d} from '@tensorflow/tfjs-core';
import {WordVectorsError} from '../errors/word-vectors-error';
import {dotProducts} from './dot-products';
import {largest} from './largest';
import {nearestRows} from './nearest-rows';

/** A word and how near it is: a cosine, or the score of the query. */
export interface Neighbour {
  word: string;
  score: number;
}

export interface MostSimilarOptions {
  /** How many, 10 unless told. */
  count?: number;
  /** Only among so many of the most frequent words; among all unless told. */
  restrictTo?: number;
}

export interface Query {
  /** Words to be near to. */
  positive?: readonly string[];
  /** Words to be far from. */
  negative?: readonly string[];
}

/** Scores of queries that a backend holds at a time. */
const scoresAtOnce = 2 ** 22;

/**
 * Words and their vectors, most frequent word first. Nothing here needs a backend but `mostSimilarMany`, and no query
 * changes anything.
 *
 * @example
 * vectors.mostSimilar('king', {count: 5});
 * vectors.analogy('man', 'king', 'woman'); // queen
 *
 * Cost of a query: 2 · words · dimension operations in plain JavaScript.
 */
export class WordVectors {
  readonly #indices: ReadonlyMap<string, number>;
  #unit: Float32Array | undefined;

  /** @throws WordVectorsError where the sizes do not fit, a word comes twice, or a value is not finite. */
  constructor(
    readonly words: readonly string[],
    /** `[words.length, dimension]`, row by row. */
    readonly values: Float32Array,
    readonly dimension: number,
  ) {
    if (!(Number.isInteger(dimension) && dimension > 0)) {
      throw new WordVectorsError(`The dimension is ${dimension}; a positive integer was expected.`);
    }
    if (values.length !== words.length * dimension) {
      throw new WordVectorsError(
        `${words.length} words of ${dimension} numbers need ${words.length * dimension} values, not ${values.length}.`,
      );
    }
    const indices = new Map(words.map((word, index) => [word, index]));
    if (indices.size < words.length) {
      const twice = words.find((word, index) => indices.get(word) !== index);
      throw new WordVectorsError(`The word "${twice}" comes twice; every word must have one vector.`);
    }
    const faulty = values.findIndex((value) => !Number.isFinite(value));
    if (faulty >= 0) {
      throw new WordVectorsError(
        `The vector of "${words[Math.floor(faulty / dimension)]}" holds ${values[faulty]}; finite numbers were expected.`,
      );
    }
    this.#indices = indices;
  }

  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.#indices.has(word);
  }

  /** The place of a word, which is its rank by frequency. @throws WordVectorsError for a word that is not there. */
  indexOf(word: string): number {
    const index = this.#indices.get(word);
    if (index !== undefined) return index;
    const lower = word.toLowerCase();
    const hint = this.#indices.has(lower) ? ` "${lower}" is.` : '';
    throw new WordVectorsError(`"${word}" is not among the ${this.size} words.${hint} Ask with has(word) first.`);
  }

  /** A copy of a word's vector `[dimension]`. */
  vector(word: string): Float32Array {
    return rowOf(this.values, this.indexOf(word), this.dimension).slice();
  }

  /** The cosine of the angle between two words' vectors, in [-1, 1]; 0 where one of them is all zeros. */
  similarity(first: string, second: string): number {
    const [row] = dotProducts(this.#unitVector(first), this.#unitVector(second), 1);
    return row!;
  }

  /**
   * The words nearest to a word, or to the mean of several with those to be far from subtracted, by cosine. The words of
   * the query are left out.
   */
  mostSimilar(query: string | Query, {count = 10, restrictTo = this.size}: MostSimilarOptions = {}): Neighbour[] {
    const {positive, negative} = wordsOf(query);
    const scores = dotProducts(this.#direction(positive, negative), this.#unitValues(), this.#among(restrictTo));
    return this.#best(scores, [...positive, ...negative], count);
  }

  /**
   * What `mostSimilar` answers to each of many queries, on the tfjs backend in use: products of matrices, and only the
   * nearest come back. Scores are the same but for rounding.
   *
   * @example
   * await useBackend('wasm');
   * const [ofKing, ofQueen] = await vectors.mostSimilarMany(['king', 'queen'], {count: 5});
   *
   * Cost: 2 · queries · words · dimension operations, after the vectors were copied to the backend; there they and 16 MB of
   * scores lie until it is done.
   */
  async mostSimilarMany(
    queries: readonly (string | Query)[],
    {count = 10, restrictTo = this.size}: MostSimilarOptions = {},
  ): Promise<Neighbour[][]> {
    const among = this.#among(restrictTo);
    const asked = queries.map((query) => {
      const {positive, negative} = wordsOf(query);
      return {direction: this.#direction(positive, negative), words: new Set([...positive, ...negative])};
    });
    const answers: Neighbour[][] = [];
    const block = Math.max(1, Math.floor(scoresAtOnce / among));
    const table = tensor2d(this.#unitValues().subarray(0, among * this.dimension), [among, this.dimension]);
    try {
      for (let from = 0; from < asked.length; from += block) {
        const some = asked.slice(from, from + block);
        const directions = new Float32Array(some.length * this.dimension);
        some.forEach(({direction}, query) => {
          directions.set(direction, query * this.dimension);
        });
        // The words of a query may be the nearest of all, and are left out.
        const k = Math.min(among, count + Math.max(...some.map(({words}) => words.size)));
        const {rows, scores} = await nearestRows(directions, table, k);
        some.forEach(({words}, query) => {
          const neighbours = Array.from({length: k}, (_, rank) => {
            const at = query * k + rank;
            return {word: this.words[rows[at]!]!, score: scores[at]!};
          });
          answers.push(neighbours.filter(({word}) => !words.has(word)).slice(0, count));
        });
      }
    } finally {
      table.dispose();
    }
    return answers;
  }

  /**
   * What is to `third` as `second` is to `first`: king to man as queen to woman.
   *
   * @param options.method `add` (default) seeks the largest cos(x, second) - cos(x, first) + cos(x, third); `multiply` the
   *     largest product and quotient of the cosines brought into [0, 1].
   * Source: Levy & Goldberg 2014, "Linguistic regularities in sparse and explicit word representations".
   */
  analogy(
    first: string,
    second: string,
    third: string,
    {method = 'add', count = 10, restrictTo = this.size}: MostSimilarOptions & {method?: 'add' | 'multiply'} = {},
  ): Neighbour[] {
    const query = {positive: [second, third], negative: [first]};
    if (method === 'add') return this.mostSimilar(query, {count, restrictTo});
    const [from, to, of] = [first, second, third].map((word) =>
      dotProducts(this.#unitVector(word), this.#unitValues(), this.#among(restrictTo)),
    ) as [Float32Array, Float32Array, Float32Array];
    const inUnit = (cosine: number) => (1 + cosine) / 2;
    const scores = to.map((cosine, index) => (inUnit(cosine) * inUnit(of[index]!)) / (inUnit(from[index]!) + 1e-6));
    return this.#best(scores, [first, second, third], count);
  }

  /** The word that is least like the mean of all given. @throws WordVectorsError where none is given. */
  doesntMatch(words: readonly string[]): string {
    const mean = this.#direction(words, []);
    const cosines = words.map((word) => dotProducts(mean, this.#unitVector(word), 1)[0]!);
    return words[cosines.indexOf(Math.min(...cosines))]!;
  }

  /** 1 + how many other words are nearer to `word` than `other` is. */
  rank(word: string, other: string): number {
    const [own, index] = [this.indexOf(word), this.indexOf(other)];
    const cosines = dotProducts(this.#unitVector(word), this.#unitValues(), this.size);
    const nearer = cosines.reduce((count, cosine, at) => count + (cosine > cosines[index]! && at !== own ? 1 : 0), 0);
    return nearer + 1;
  }

  /** The same words with vectors of length 1; those of zeros stay so. */
  normalised(): WordVectors {
    return new WordVectors(this.words, this.#unitValues().slice(), this.dimension);
  }

  /** Normalised once, then kept: cosines are dot products of these. */
  #unitValues(): Float32Array {
    if (this.#unit) return this.#unit;
    const {values, dimension} = this;
    const unit = values.slice();
    for (let word = 0; word < this.size; word++) normalise(rowOf(unit, word, dimension));
    this.#unit = unit;
    return unit;
  }

  #unitVector(word: string): Float32Array {
    return rowOf(this.#unitValues(), this.indexOf(word), this.dimension);
  }

  #direction(positive: readonly string[], negative: readonly string[]): Float32Array {
    if (positive.length + negative.length === 0)
      throw new WordVectorsError('No words were given; one at least is needed.');
    const sum = new Float32Array(this.dimension);
    const add = (word: string, sign: number) => {
      const vector = this.#unitVector(word);
      for (let at = 0; at < sum.length; at++) sum[at]! += sign * vector[at]!;
    };
    for (const word of positive) add(word, 1);
    for (const word of negative) add(word, -1);
    return normalise(sum);
  }

  #among(restrictTo: number): number {
    if (restrictTo >= 1) return Math.min(Math.floor(restrictTo), this.size);
    throw new WordVectorsError(`restrictTo is ${restrictTo}; at least 1 word was expected.`);
  }

  #best(scores: Float32Array, without: readonly string[], count: number): Neighbour[] {
    for (const word of without) if (this.indexOf(word) < scores.length) scores[this.indexOf(word)] = -Infinity;
    return largest(scores, Math.min(count, scores.length))
      .filter((index) => scores[index]! > -Infinity)
      .map((index) => ({word: this.words[index]!, score: scores[index]!}));
  }
}

function wordsOf(query: string | Query): Required<Query> {
  const {positive = [], negative = []} = typeof query === 'string' ? {positive: [query]} : query;
  return {positive, negative};
}

function rowOf(values: Float32Array, index: number, dimension: number): Float32Array {
  return values.subarray(index * dimension, (index + 1) * dimension);
}

/** Brings a vector to length 1, in place. */
function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length > 0) for (let at = 0; at < vector.length; at++) vector[at]! /= length;
  return vector;
}
