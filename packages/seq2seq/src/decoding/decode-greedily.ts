import {topK} from '@gatefold/gpu-kernels';
import {Pause} from '@gatefold/training';
import {dispose, fill, reshape, type Tensor1D, type Tensor2D, tensor1d, tensor2d, tidy} from '@tensorflow/tfjs-core';
import {sourceBatch} from '../batch/source-batch';
import {symbols} from '../batch/symbols';
import type {AttendingState} from '../decoder/attending-layer';
import type {Seq2SeqModel} from '../model/seq2seq-model';

export interface DecodingOptions {
  /** How many symbols a target has at most, EOS included; default twice the longest source and 10 more. */
  maxLength?: number;
  /** Whether to give what every symbol took of the source. Default false. */
  attention?: boolean;
  /** Stops between two symbols, with the signal's reason as the error. */
  signal?: AbortSignal;
}

/** What was written for a source. */
export interface Decoded {
  /** Without EOS. */
  ids: Uint32Array;
  /** Whether it came to EOS, rather than to the greatest length. */
  ended: boolean;
  /** Of the ids, and of EOS where it came to it, in nats. */
  logProbability: number;
  /** Where it was asked for, and the model attends: for each id what its step took of each place of the source. */
  attention?: Float32Array[];
}

/** See `Seq2SeqModel.decodeGreedily`. */
export async function decodeGreedily(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: DecodingOptions,
): Promise<Decoded[]> {
  const batch = sourceBatch(sources, model.configuration);
  const {batchSize, sourceLength} = batch;
  const {maxLength = 2 * sourceLength + 10, attention = false, signal} = options;
  expectMaxLength(maxLength);
  const targets = sources.map(() => ({ids: [] as number[], attention: [] as Float32Array[], logProbability: 0}));
  const ended = sources.map(() => false);
  if (batchSize === 0) return [];
  const pause = new Pause();
  const encoded = tidy(() =>
    model.encode(tensor2d(batch.sources, [sourceLength, batchSize], 'int32'), tensor1d(batch.sourceLengths, 'int32')),
  );
  let states: AttendingState[] = encoded.states;
  let read = fill([batchSize], symbols.GO, 'int32') as Tensor1D;
  try {
    for (let count = 0; count < maxLength && ended.includes(false); count++) {
      signal?.throwIfAborted();
      const {next, chosen, values, weights} = tidy(() => {
        const {features, states: next, weights} = model.decode(reshape(read, [1, batchSize]), {...encoded, states});
        const logits = reshape(model.logits(features), [batchSize, -1]) as Tensor2D;
        const {ids, values} = topK({logits, k: 1, logProbabilities: true});
        return {next, chosen: reshape(ids, [batchSize]) as Tensor1D, values, ...(attention && {weights})};
      });
      dispose([read, states]);
      [read, states] = [chosen, next];
      const [ids, logProbabilities] = [await chosen.data(), await values.data()];
      const taken = await weights?.data<'float32'>(); // [1, B, S]
      dispose([values, weights ?? []]);
      for (const [column, target] of targets.entries()) {
        if (ended[column]) continue;
        const logProbability = logProbabilities[column]!;
        if (Number.isNaN(logProbability)) {
          throw new RangeError('The model gives NaN for the next symbol: its weights are broken.');
        }
        target.logProbability += logProbability;
        ended[column] = ids[column] === symbols.EOS;
        if (ended[column]) continue;
        target.ids.push(ids[column]!);
        const from = column * sourceLength;
        if (taken) target.attention.push(taken.slice(from, from + sources[column]!.length));
      }
      await pause.whenDue();
    }
  } finally {
    dispose([read, states, encoded]);
  }
  return targets.map(({ids, attention: rows, logProbability}, column) => ({
    ids: Uint32Array.from(ids),
    ended: ended[column]!,
    logProbability,
    ...(attention && encoded.memory && {attention: rows}),
  }));
}

/** Throws a RangeError where the greatest length is not a whole number above 0. */
export function expectMaxLength(maxLength: number): void {
  if (Number.isSafeInteger(maxLength) && maxLength > 0) return;
  throw new RangeError(`maxLength is ${maxLength}, expected a whole number of symbols above 0.`);
}
