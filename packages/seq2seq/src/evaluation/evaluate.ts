import {sparseCrossEntropy, topK} from '@gatefold/gpu-kernels';
import {type Evaluation, expectKnownOptions, Pause} from '@gatefold/training';
import {dispose, tidy} from '@tensorflow/tfjs-core';
import type {Seq2SeqBatch} from '../batch/seq2seq-batch';
import {realTargets} from '../batch/targets';
import type {Seq2SeqModel} from '../model/seq2seq-model';

export interface EvaluateOptions {
  signal?: AbortSignal;
}

/** How well a model does on held-out pairs; a symbol is one of a target, EOS among them. */
export interface Seq2SeqEvaluation extends Evaluation {
  /** The part of the symbols for which the most likely one, given those before it, is right. */
  tokenAccuracy: number;
  /** The part of the pairs whose target is written without a fault, EOS included, symbol by symbol greedily. */
  exactMatch: number;
  /** How many pairs there were. */
  pairs: number;
}

/**
 * See `Seq2SeqModel.evaluate`. A target whose symbols are all the most likely ones given the right ones before is what
 * greedy decoding writes, so that exact matches need no decoding.
 */
export async function evaluate(
  model: Seq2SeqModel,
  batches: Iterable<Seq2SeqBatch>,
  options: EvaluateOptions,
): Promise<Seq2SeqEvaluation> {
  expectKnownOptions('evaluate', options, {signal: true});
  const pause = new Pause();
  let [total, symbols, right, pairs, exact] = [0, 0, 0, 0, 0];
  for (const batch of batches) {
    options.signal?.throwIfAborted();
    const {loss, best} = tidy(() => {
      const {logits, labels} = model.predict(batch);
      return {loss: sparseCrossEntropy({logits, labels, reduction: 'sum'}), best: topK({logits, k: 1}).ids};
    });
    total += (await loss.data())[0]!;
    const chosen = await best.data();
    dispose([loss, best]);
    const {places, labels} = realTargets(batch);
    const faulty = new Set<number>();
    for (const [index, label] of labels.entries()) {
      if (chosen[index] === label) right += 1;
      else faulty.add(places[index]! % batch.batchSize);
    }
    symbols += labels.length;
    pairs += batch.batchSize;
    exact += batch.batchSize - faulty.size;
    await pause.whenDue();
  }
  if (pairs === 0) throw new RangeError('There are no pairs to evaluate, expected at least one batch.');
  const loss = total / symbols;
  return {
    ...{loss, perplexity: Math.exp(loss), bitsPerSymbol: loss / Math.LN2, symbols},
    ...{tokenAccuracy: right / symbols, exactMatch: exact / pairs, pairs},
  };
}
