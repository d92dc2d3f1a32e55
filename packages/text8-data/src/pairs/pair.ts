import type {ReversedWordsPair} from '../batches/reversed-words';

/** What a model reads, and what it is to write. */
export type Pair = readonly [source: string, target: string];

/** A pair by place or by name. */
export type PairLike = Pair | ReversedWordsPair;

export function sidesOf(pair: PairLike): Pair {
  return 'source' in pair ? [pair.source, pair.target] : pair;
}
