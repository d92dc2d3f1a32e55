import type {FullConfiguration} from '../model/configuration';
import {expectIds} from './expect-ids';
import type {Seq2SeqBatch} from './seq2seq-batch';
import {symbols} from './symbols';

/** Throws a RangeError or an IdRangeError where a batch is not what the model can be trained on. */
export function expectBatch(batch: Seq2SeqBatch, configuration: FullConfiguration): void {
  const {sources, sourceLengths, targets, targetLengths, sourceLength, targetLength, batchSize} = batch;
  for (const [name, ids, lengths, longest, size] of [
    ['sources', sources, sourceLengths, sourceLength, configuration.sourceVocabularySize],
    ['targets', targets, targetLengths, targetLength, configuration.targetVocabularySize],
  ] as const) {
    if (ids.length !== longest * batchSize || lengths.length !== batchSize) {
      throw new RangeError(
        `The batch has ${ids.length} ids and ${lengths.length} lengths of ${name}, expected ${longest} x ${batchSize} ` +
          `and ${batchSize}.`,
      );
    }
    for (const [pair, length] of lengths.entries()) {
      if (length >= 1 && length <= longest) continue;
      throw new RangeError(
        `The ${name} of a batch have length ${length} at pair ${pair}, expected 1 to ${longest}: leave empty pairs out.`,
      );
    }
    expectIds(`The ${name} of a batch`, ids, size);
  }
  for (const [pair, length] of targetLengths.entries()) {
    const last = targets[(length - 1) * batchSize + pair];
    if (last === symbols.EOS) continue;
    throw new RangeError(
      `The target of pair ${pair} ends with id ${last}, expected EOS (${symbols.EOS}), or no model learns to stop: ` +
        'count it in the length.',
    );
  }
}
