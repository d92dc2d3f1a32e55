import {sampleCategorical, sparseCrossEntropy, topK} from '@gatefold/gpu-kernels';
import {Pause} from '@gatefold/training';
import {dispose, fill, reshape, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import {symbols} from '../batch/symbols';
import type {AttendingState} from '../decoder/attending-layer';
import type {Seq2SeqModel} from '../model/seq2seq-model';
import {type Decoded, type DecodingOptions, expectNumber, maxLengthOf, weightsOfRow} from './decoding-options';
import {decodingStep, readSources} from './read-sources';

export interface SampleOptions extends DecodingOptions {
  /** Above 0. 1, the default, is the model's own distribution; lower is safer, higher is wilder. */
  temperature?: number;
  /** Only the so many most likely symbols. */
  topK?: number;
  /** Only the fewest most likely symbols whose probability together reaches this, in (0, 1]. */
  topP?: number;
  /** A whole number; the same seed draws the same symbols, on every backend as far as its logits agree. Default 1. */
  seed?: number;
}

/** See `Seq2SeqModel.decodeGreedily`. */
export function decodeGreedily(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: DecodingOptions,
): Promise<Decoded[]> {
  return writeTargets(model, sources, options, (logits) => reshape(topK({logits, k: 1}).ids, [-1]));
}

/** See `Seq2SeqModel.sample`. */
export function sample(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: SampleOptions,
): Promise<Decoded[]> {
  const {seed = 1, temperature, topK, topP} = options;
  return writeTargets(model, sources, options, (logits, count) =>
    sampleCategorical({logits, seed: (Math.imul(seed, 0x9e3779b1) + count) | 0, temperature, topK, topP}),
  );
}

/** Writes the targets of all sources side by side, a symbol of each at a time, as `choose` has it of `[B, V]`. */
async function writeTargets(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: DecodingOptions,
  choose: (logits: Tensor2D, count: number) => Tensor1D,
): Promise<Decoded[]> {
  const maxLength = maxLengthOf(options, sources);
  if (sources.length === 0) return [];
  const {attention = false, signal} = options;
  const targets = sources.map(() => ({
    ...{ids: [] as number[], attention: [] as Float32Array[]},
    ...{logProbability: 0, ended: false},
  }));
  const pause = new Pause();
  const encoded = readSources(model, sources);
  let states: AttendingState[] = encoded.states;
  let read = fill([sources.length], symbols.GO, 'int32') as Tensor1D;
  try {
    for (let count = 0; count < maxLength && targets.some(({ended}) => !ended); count++) {
      signal?.throwIfAborted();
      const {chosen, losses, weights, next} = tidy(() => {
        const {logits, weights, states: next} = decodingStep(model, read, {...encoded, states});
        const chosen = choose(logits, count);
        const losses = sparseCrossEntropy({logits, labels: chosen, reduction: 'none'});
        return {chosen, losses, next, ...(attention && {weights})};
      });
      dispose([read, states]);
      [read, states] = [chosen, next];
      const [ids, nats] = [await chosen.data(), await losses.data()];
      const taken = await weights?.data<'float32'>(); // [1, B, S]
      dispose([losses, weights ?? []]);
      for (const [row, target] of targets.entries()) {
        if (target.ended) continue;
        expectNumber(nats[row]!);
        target.logProbability -= nats[row]!;
        target.ended = ids[row] === symbols.EOS;
        if (target.ended) continue;
        target.ids.push(ids[row]!);
        const found = weightsOfRow(taken, row, encoded, sources[row]!);
        if (found) target.attention.push(found);
      }
      await pause.whenDue();
    }
  } finally {
    dispose([read, states, encoded]);
  }
  return targets.map(({ids, ended, logProbability, attention: rows}) => ({
    ids: Uint32Array.from(ids),
    ended,
    logProbability,
    ...(attention && encoded.memory && {attention: rows}),
  }));
}
