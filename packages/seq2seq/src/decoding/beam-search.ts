import {topK} from '@gatefold/gpu-kernels';
import {Pause} from '@gatefold/training';
import {dispose, gather, type Tensor, tensor1d, tidy} from '@tensorflow/tfjs-core';
import {symbols} from '../batch/symbols';
import type {AttendingState} from '../decoder/attending-layer';
import type {Encoded, Memory} from '../encoder/encode';
import type {Seq2SeqModel} from '../model/seq2seq-model';
import {type Decoded, type DecodingOptions, expectNumber, maxLengthOf, weightsOfRow} from './decoding-options';
import {decodingStep, readSources} from './read-sources';

export interface BeamSearchOptions extends DecodingOptions {
  /** How many hypotheses of a source are kept at a step, those that have ended among them; default 5. */
  width?: number;
  /** How many to return of each source at most; default 1. */
  results?: number;
  /** α: log-probabilities are divided by `((5 + length) / 6)^α` when hypotheses are ranked; 0 prefers short ones. Default 0.6. */
  lengthPenalty?: number;
  /**
   * β: `β Σ log min(1, Σ what the steps took of a place)` over the source is added, so that hypotheses that left places out
   * fall behind; for a model that attends. Default 0.
   */
  coveragePenalty?: number;
}

/** What was found for a source; `score` is what hypotheses are ranked by. */
export interface Hypothesis extends Decoded {
  score: number;
}

/** The way to a hypothesis, from its last symbol back: hypotheses share their beginnings. */
interface Path {
  id: number;
  length: number;
  logProbability: number;
  before: Path | undefined;
  /** What its step took of the source, where that is wanted. */
  weights: Float32Array | undefined;
}

/** A hypothesis that goes on: `row` of the last step is where its states are. */
interface Live {
  source: number;
  row: number;
  path: Path | undefined;
}

/** See `Seq2SeqModel.beamSearch`. */
export async function beamSearch(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: BeamSearchOptions,
): Promise<Hypothesis[][]> {
  const {width = 5, results = 1, lengthPenalty = 0.6, coveragePenalty = 0, attention = false, signal} = options;
  expectOptions({width, results}, {lengthPenalty, coveragePenalty});
  const {attention: kind, targetVocabularySize} = model.configuration;
  if (coveragePenalty > 0 && kind === 'none') {
    throw new RangeError('coveragePenalty is about attention, and this model has none: leave it out.');
  }
  const maxLength = maxLengthOf(options, sources);
  if (sources.length === 0) return [];
  const withWeights = kind !== 'none' && (attention || coveragePenalty > 0);
  const k = Math.min(width, targetVocabularySize);
  const pause = new Pause();
  const ended = sources.map((): Path[] => []);
  let live = sources.map((_, source): Live => ({source, row: source, path: undefined}));
  const encoded = readSources(model, sources);
  let memory = encoded.memory; // of the sources of the rows
  let states: AttendingState[] = encoded.states;
  try {
    for (let count = 0; count < maxLength && live.length > 0; count++) {
      signal?.throwIfAborted();
      const ids = Int32Array.from(live, ({path}) => path?.id ?? symbols.GO);
      const {best, weights, next} = tidy(() => {
        const {states: next, ...step} = decodingStep(model, tensor1d(ids, 'int32'), {memory, states});
        const best = {...topK({logits: step.logits, k, logProbabilities: true})};
        return {best, next, ...(withWeights && {weights: step.weights})};
      });
      dispose(states);
      states = next;
      const [values, chosen] = [await best.values.data(), await best.ids.data()]; // [rows, k]
      const taken = await weights?.data<'float32'>(); // [1, rows, S]
      dispose([best.values, best.ids, weights ?? []]);
      const rowsBefore = live.map(({source}) => source);
      live = sources.flatMap((source, index) => {
        const candidates = live.flatMap((from, row) => {
          if (from.source !== index) return [];
          const found = weightsOfRow(taken, row, encoded, source);
          return Array.from({length: k}, (_, place) => ({
            ...{source: index, row},
            path: longer(from.path, chosen[row * k + place]!, values[row * k + place]!, found),
          }));
        });
        candidates.sort((left, right) => right.path.logProbability - left.path.logProbability);
        const kept = candidates.slice(0, width - ended[index]!.length);
        ended[index]!.push(...kept.map(({path}) => path).filter(({id}) => id === symbols.EOS));
        return kept.filter(({path}) => path.id !== symbols.EOS);
      });
      const rows = live.map(({row}) => row);
      const before = states;
      states = tidy(() => before.map((state) => takeRows(state, rows, 0)));
      dispose(before);
      if (memory && String(rowsBefore) !== String(live.map(({source}) => source))) {
        const old = memory;
        memory = tidy(() => memoryOf(encoded, live));
        if (old !== encoded.memory) dispose(old);
      }
      await pause.whenDue();
    }
  } finally {
    dispose([states, encoded, memory ?? []]);
  }
  return sources.map((source, index) => {
    const unfinished = live.filter((each) => each.source === index).flatMap(({path}) => path ?? []);
    return [...ended[index]!, ...unfinished]
      .map((path) =>
        hypothesisOf(path, source.length, {lengthPenalty, coveragePenalty, attention: attention && withWeights}),
      )
      .sort((left, right) => right.score - left.score)
      .slice(0, results);
  });
}

function longer(before: Path | undefined, id: number, logProbability: number, weights: Float32Array | undefined): Path {
  expectNumber(logProbability);
  return {
    ...{id, before, weights},
    length: (before?.length ?? 0) + 1,
    logProbability: (before?.logProbability ?? 0) + logProbability,
  };
}

/** Some rows of named tensors, along the axis of the batch. */
function takeRows<Named extends object>(tensors: Named, rows: readonly number[], axis: number): Named {
  const indices = tensor1d(rows as number[], 'int32');
  const entries = Object.entries(tensors as Record<string, Tensor>);
  return Object.fromEntries(entries.map(([name, tensor]) => [name, gather(tensor, indices, axis)])) as Named;
}

/** The memory of the sources that go on, a row a hypothesis. */
function memoryOf({memory}: Encoded, live: readonly Live[]): Memory {
  const rows = live.map(({source}) => source);
  const {keys, values, lengths} = memory!;
  return {...takeRows({keys, values}, rows, 1), ...takeRows({lengths}, rows, 0)};
}

function hypothesisOf(
  path: Path,
  places: number,
  {lengthPenalty, coveragePenalty, attention}: {lengthPenalty: number; coveragePenalty: number; attention: boolean},
): Hypothesis {
  const way: Path[] = [];
  for (let at: Path | undefined = path; at; at = at.before) way.push(at);
  way.reverse();
  const {length, logProbability} = path;
  let score = logProbability / ((5 + length) / 6) ** lengthPenalty;
  if (coveragePenalty > 0) {
    for (let place = 0; place < places; place++) {
      const covered = way.reduce((sum, {weights}) => sum + weights![place]!, 0);
      score += coveragePenalty * Math.log(Math.min(1, covered));
    }
  }
  const ended = path.id === symbols.EOS;
  const written = ended ? way.slice(0, -1) : way;
  return {
    ids: Uint32Array.from(written, ({id}) => id),
    ...{ended, logProbability, score},
    ...(attention && {attention: written.map(({weights}) => weights!)}),
  };
}

function expectOptions(counts: Record<string, number>, penalties: Record<string, number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`${name} is ${value}, expected a whole number above 0.`);
  }
  for (const [name, value] of Object.entries(penalties)) {
    if (value >= 0 && value < Number.POSITIVE_INFINITY) continue;
    throw new RangeError(`${name} is ${value}, expected a number of at least 0.`);
  }
}
