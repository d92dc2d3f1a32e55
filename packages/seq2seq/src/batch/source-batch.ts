import type {FullConfiguration} from '../model/configuration';
import {expectIds} from './expect-ids';
import type {Seq2SeqBatch} from './seq2seq-batch';
import {symbols} from './symbols';

export type SourceBatch = Pick<Seq2SeqBatch, 'sources' | 'sourceLengths' | 'sourceLength' | 'batchSize'>;

/** Throws a TypeError where what should be several sources is not: the ids of a single one, as is easily given. */
export function expectSources(sources: unknown): void {
  const isIds = (ids: unknown) => typeof ids === 'object' && ids !== null && 'length' in ids;
  if (Array.isArray(sources) && sources.every(isIds)) return;
  const given = typeof sources === 'object' ? (sources?.constructor.name ?? 'null') : JSON.stringify(sources);
  throw new TypeError(`The sources are ${given}, expected an array of the ids of each: of a single one, [ids].`);
}

/**
 * Sources side by side, padded to the longest.
 *
 * @throws RangeError where one is empty. IdRangeError where an id is not in the source vocabulary.
 */
export function sourceBatch(
  sources: readonly ArrayLike<number>[],
  {sourceVocabularySize}: FullConfiguration,
): SourceBatch {
  const batchSize = sources.length;
  const sourceLength = Math.max(0, ...sources.map(({length}) => length));
  const padded = new Int32Array(sourceLength * batchSize).fill(symbols.PAD);
  for (const [column, ids] of sources.entries()) {
    if (ids.length === 0) throw new RangeError(`Source ${column} is empty, expected at least one id to read.`);
    expectIds(`Source ${column}`, ids, sourceVocabularySize);
    for (let place = 0; place < ids.length; place++) padded[place * batchSize + column] = ids[place]!;
  }
  return {sources: padded, sourceLengths: Int32Array.from(sources, ({length}) => length), sourceLength, batchSize};
}
