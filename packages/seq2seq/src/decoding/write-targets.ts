import {sampleCategorical, sparseCrossEntropy, topK} from '@gatefold/gpu-kernels';
import {expectKnownOptions, Pause} from '@gatefold/training';
import {
  concat,
  dispose,
  fill,
  getBackend,
  neg,
  reshape,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import {expectSources} from '../batch/source-batch';
import {symbols} from '../batch/symbols';
import type {AttendingState} from '../decoder/attending-layer';
import type {Seq2SeqModel} from '../model/seq2seq-model';
import {
  type Decoded,
  type DecodingOptions,
  decodingOptions,
  expectNumber,
  maxLengthOf,
  weightsOfRow,
} from './decoding-options';
import {decodingStep, readSources} from './read-sources';

export interface SampleOptions extends DecodingOptions {
  /** 1, the default, is the model's own distribution; lower is safer, and 0 greedy, higher is wilder. */
  temperature?: number;
  /** Only the so many most likely symbols. */
  topK?: number;
  /** Only the fewest most likely symbols whose probability together reaches this, in (0, 1]. */
  topP?: number;
  /** A whole number; the same seed draws the same symbols, on every backend as far as its logits agree. Default 1. */
  seed?: number;
}

const sampleOptions: Readonly<Record<keyof SampleOptions, true>> = {
  ...decodingOptions,
  temperature: true,
  topK: true,
  topP: true,
  seed: true,
};

/** What is written next, a symbol a row. */
type Choice = {
  /** `[B]` */
  ids: Tensor1D;
  /** `[B]` */
  logProbabilities: Tensor1D;
};

type Step = Choice & {
  states: AttendingState[];
  /** `[1, B, S]`, where attention is asked for. */
  weights?: Tensor3D;
};

/** See `Seq2SeqModel.decodeGreedily`. */
export async function decodeGreedily(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: DecodingOptions,
): Promise<Decoded[]> {
  expectKnownOptions('decodeGreedily', options, decodingOptions);
  return writeTargets(model, sources, options, (logits) => {
    const {ids, values} = topK({logits, k: 1, logProbabilities: true});
    return {ids: reshape(ids, [-1]), logProbabilities: reshape(values, [-1])};
  });
}

/** See `Seq2SeqModel.sample`. */
export async function sample(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: SampleOptions,
): Promise<Decoded[]> {
  expectKnownOptions('sample', options, sampleOptions);
  const {seed = 1, temperature, topK, topP} = options;
  return writeTargets(model, sources, options, (logits, count) => {
    const seedOfStep = (Math.imul(seed, 0x9e3779b1) + count) | 0;
    const ids = sampleCategorical({logits, seed: seedOfStep, temperature, topK, topP});
    return {ids, logProbabilities: neg(sparseCrossEntropy({logits, labels: ids, reduction: 'none'}) as Tensor1D)};
  });
}

/** Writes the targets of all sources side by side, a symbol of each at a time, as `choose` has it of `[B, V]`. */
async function writeTargets(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: DecodingOptions,
  choose: (logits: Tensor2D, count: number) => Choice,
): Promise<Decoded[]> {
  expectSources(sources);
  const maxLength = maxLengthOf(options, sources);
  if (sources.length === 0) return [];
  const {attention = false, signal} = options;
  const targets = sources.map(() => ({
    ...{ids: [] as number[], attention: [] as Float32Array[]},
    ...{logProbability: 0, ended: false},
  }));
  const pause = new Pause();
  const reading = readSources(model, sources);
  let before: Pick<Step, 'ids' | 'states'> = {
    ids: fill([sources.length], symbols.GO, 'int32') as Tensor1D,
    states: reading.states,
  };
  try {
    for (let count = 0; count < maxLength && targets.some(({ended}) => !ended); ) {
      signal?.throwIfAborted();
      const length = Math.min(stepsARead(), maxLength - count);
      const {last, ...made} = tidy(() => {
        const steps: Step[] = [];
        while (steps.length < length) {
          const {ids, states} = steps.at(-1) ?? before;
          const step = tidy((): Step => {
            const {logits, weights, ...next} = decodingStep(model, ids, {...reading, states});
            return {...next, ...choose(logits, count + steps.length), ...(attention && {weights})};
          });
          steps.push(step);
        }
        return {last: steps.at(-1)!, ...joined(steps)};
      });
      dispose(before);
      before = last;
      const {ids, logProbabilities, weights} = made;
      const [chosen, values, taken] = await Promise.all([
        ids.data(),
        logProbabilities.data(),
        weights?.data<'float32'>(), // [length, B, S]
      ]);
      dispose(made);
      chosen.forEach((id, place) => {
        const row = place % sources.length;
        const target = targets[row]!;
        if (target.ended) return;
        expectNumber(values[place]!);
        target.logProbability += values[place]!;
        target.ended = id === symbols.EOS;
        if (target.ended) return;
        target.ids.push(id);
        const found = weightsOfRow(taken, place, reading, sources[row]!);
        if (found) target.attention.push(found);
      });
      count += length;
      await pause.whenDue();
    }
  } finally {
    dispose([before, reading]);
  }
  return targets.map(({ids, ended, logProbability, attention: rows}) => ({
    ids: Uint32Array.from(ids),
    ended,
    logProbability,
    ...(attention && reading.memory && {attention: rows}),
  }));
}

/**
 * How many steps are taken before their symbols are read. A graphics card has to be waited for at every read: there up to
 * seven steps in vain behind the last end cost less.
 */
function stepsARead(): number {
  return getBackend().startsWith('webg') ? 8 : 1;
}

/** What was made in some steps, to be read at once. */
function joined(steps: Step[]): Choice & {weights?: Tensor3D} {
  const weights = steps.flatMap(({weights}) => weights ?? []);
  return {
    ids: concat(steps.map(({ids}) => ids)),
    logProbabilities: concat(steps.map(({logProbabilities}) => logProbabilities)),
    ...(weights.length > 0 && {weights: concat(weights)}),
  };
}
