import {xoroshiro128plus} from 'pure-rand/generator/xoroshiro128plus';
import {UMAP} from 'umap-js';
import {WordVectorsError} from '../errors/word-vectors-error';
import type {WordVectors} from '../word-vectors/word-vectors';

/** A word and its place on the map; both coordinates in [0, 1], y downwards. */
export interface MapPoint {
  word: string;
  x: number;
  y: number;
}

export interface WordMapOptions {
  /** How many of the most frequent words, 400 unless told; no more than there are. */
  count?: number;
  /** The same seed gives the same map; 1 unless told. */
  seed?: number;
}

/** How many neighbours UMAP seeks to keep together. */
const neighbours = 15;

/**
 * The most frequent words in the plane, those of like vectors near to each other. Only the directions of the vectors count.
 *
 * @throws WordVectorsError where there are fewer than 3 words, or `count` is less.
 *
 * Cost: grows with the square of `count`; about 2 s for 400 words.
 * Source: McInnes, Healy & Melville 2018, "UMAP: uniform manifold approximation and projection".
 */
export function wordMap(vectors: WordVectors, {count = 400, seed = 1}: WordMapOptions = {}): MapPoint[] {
  const words = vectors.words.slice(0, count);
  if (!(words.length >= 3 && count >= 3)) {
    throw new WordVectorsError(`A map of ${Math.min(count, vectors.size)} words was asked for; it needs at least 3.`);
  }
  const {values, dimension} = vectors.normalised();
  const rows = words.map((_, index) => Array.from(values.subarray(index * dimension, (index + 1) * dimension)));
  const generator = xoroshiro128plus(seed);
  const random = () => (generator.next() >>> 0) / 2 ** 32;
  const umap = new UMAP({nNeighbors: Math.min(neighbours, words.length - 1), minDist: 0.3, random});
  const places = umap.fit(rows) as [number, number][];
  const [x, y] = [inUnit(places.map((place) => place[0])), inUnit(places.map((place) => place[1]))];
  return words.map((word, index) => ({word, x: x[index]!, y: y[index]!}));
}

/**
 * Coordinates in [0, 1]: halfway between where a value lies and how many are smaller, so that a few far clusters do not
 * leave the rest of the map a crowd.
 */
function inUnit(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const last = sorted.length - 1;
  return values.map((value) =>
    most > least ? ((value - least) / (most - least) + sorted.indexOf(value) / last) / 2 : 0.5,
  );
}
