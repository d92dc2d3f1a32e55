import {embeddingLookup, topK} from '@gatefold/gpu-kernels';
import {expectKnownOptions, Pause} from '@gatefold/training';
import {dispose, gather, reshape, type Tensor2D, type Tensor3D, tensor1d, tensor2d, tidy} from '@tensorflow/tfjs-core';
import {expectSources} from '../batch/source-batch';
import {symbols} from '../batch/symbols';
import type {AttendingState} from '../decoder/attending-layer';
import type {Memory} from '../encoder/encode';
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

const known: Readonly<Record<keyof BeamSearchOptions, true>> = {
  ...decodingOptions,
  width: true,
  results: true,
  lengthPenalty: true,
  coveragePenalty: true,
};

/** What was found for a source; `score` is what hypotheses are ranked by. */
export interface Hypothesis extends Decoded {
  score: number;
}

/** The way to a hypothesis, from its last symbol back: hypotheses share their beginnings. */
interface Path {
  id: number;
  length: number;
  logProbability: number;
  /** Nothing before GO. */
  before: Path | undefined;
  /** Of the step that read `before`: where its states are. */
  row: number;
  /** What its step took of the source, where that is wanted. */
  weights: Float32Array | undefined;
}

/** The hypotheses of a source. */
interface Beam {
  live: Path[];
  ended: Path[];
}

/** What a step found: of each row the `k` best symbols and their log-probabilities, and what it took of the source. */
interface Found {
  k: number;
  /** `[rows, k]` */
  ids: Int32Array;
  /** `[rows, k]` */
  logProbabilities: Float32Array;
  weightsOf(row: number): Float32Array | undefined;
}

/** See `Seq2SeqModel.beamSearch`. */
export async function beamSearch(
  model: Seq2SeqModel,
  sources: readonly ArrayLike<number>[],
  options: BeamSearchOptions,
): Promise<Hypothesis[][]> {
  expectKnownOptions('beamSearch', options, known);
  const {width = 5, results = 1, lengthPenalty = 0.6, coveragePenalty = 0, attention = false, signal} = options;
  expectSources(sources);
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
  let beams = sources.map((_, source): Beam => ({live: [startAt(source)], ended: []}));
  const reading = readSources(model, sources);
  let {states, memory}: {states: AttendingState[]; memory?: Memory} = reading;
  let rows = sources.map((_, source) => source); // the source of each
  try {
    for (let count = 0; count < maxLength; count++) {
      const live = beams.flatMap((beam) => beam.live);
      if (live.length === 0) break;
      signal?.throwIfAborted();
      const rowsBefore = rows;
      rows = beams.flatMap((beam, source) => beam.live.map(() => source));
      if (reading.memory && String(rows) !== String(rowsBefore)) {
        if (memory !== reading.memory) dispose(memory!);
        memory = memoryOf(reading.memory, rows);
      }
      const {best, weights, next} = tidy(() => {
        const taken = count === 0 ? states : takeRows(states, live);
        const ids = tensor1d(Int32Array.from(live, ({id}) => id));
        const {logits, weights, states: next} = decodingStep(model, ids, {...reading, memory, states: taken});
        const best = {...topK({logits, k, logProbabilities: true})};
        return {best, next, ...(withWeights && {weights})};
      });
      dispose(states);
      states = next;
      const [logProbabilities, ids, taken] = await Promise.all([
        best.values.data<'float32'>(),
        best.ids.data<'int32'>(),
        weights?.data<'float32'>(), // [1, rows, S]
      ]);
      dispose([best.values, best.ids, weights ?? []]);
      const weightsOf = (row: number) => weightsOfRow(taken, row, reading, sources[rows[row]!]!);
      let first = 0;
      beams = beams.map((beam) => {
        const from = first;
        first += beam.live.length;
        return goOn(beam, from, width, {k, ids, logProbabilities, weightsOf});
      });
      await pause.whenDue();
    }
  } finally {
    dispose([states, reading, memory ?? []]);
  }
  return beams.map(({live, ended}, source) =>
    [...ended, ...live]
      .map((path) =>
        hypothesisOf(path, sources[source]!.length, {
          ...{lengthPenalty, coveragePenalty},
          attention: attention && withWeights,
        }),
      )
      .sort((left, right) => right.score - left.score)
      .slice(0, results),
  );
}

function startAt(row: number): Path {
  return {id: symbols.GO, length: 0, logProbability: 0, before: undefined, row, weights: undefined};
}

/** The best continuations of a beam, whose hypotheses a step had in the rows from `first` on. */
function goOn({live, ended}: Beam, first: number, width: number, {k, ids, logProbabilities, weightsOf}: Found): Beam {
  const totals = Array.from({length: live.length * k}, (_, place) => {
    const logProbability = logProbabilities[first * k + place]!;
    expectNumber(logProbability);
    return live[Math.floor(place / k)]!.logProbability + logProbability;
  });
  const places = [...totals.keys()].sort((left, right) => totals[right]! - totals[left]!);
  const kept = places.slice(0, width - ended.length).map((place): Path => {
    const index = Math.floor(place / k);
    const [before, row] = [live[index]!, first + index];
    return {
      ...{id: ids[first * k + place]!, length: before.length + 1, logProbability: totals[place]!},
      ...{before, row, weights: weightsOf(row)},
    };
  });
  return {
    live: kept.filter(({id}) => id !== symbols.EOS),
    ended: [...ended, ...kept.filter(({id}) => id === symbols.EOS)],
  };
}

/** The states that hypotheses go on from. */
function takeRows(states: AttendingState[], live: readonly Path[]): AttendingState[] {
  const ids = tensor1d(Int32Array.from(live, ({row}) => row));
  return states.map((state) => {
    const entries = Object.entries(state as Record<string, Tensor2D>);
    return Object.fromEntries(entries.map(([name, table]) => [name, embeddingLookup({table, ids})]));
  }) as AttendingState[];
}

/** The memory of the sources of some rows. */
function memoryOf({keys, values, lengths}: Memory, rows: readonly number[]): Memory {
  const [positions, batchSize] = keys.shape;
  const ids = Int32Array.from({length: positions * rows.length}, (_, place) => {
    return Math.floor(place / rows.length) * batchSize + rows[place % rows.length]!;
  });
  return tidy(() => {
    const taken = tensor2d(ids, [positions, rows.length]);
    const take = (tensor: Tensor3D) =>
      embeddingLookup({table: reshape(tensor, [positions * batchSize, tensor.shape[2]]), ids: taken}) as Tensor3D;
    return {
      ...{keys: take(keys), values: take(values)},
      lengths: gather(lengths, tensor1d(Int32Array.from(rows))),
    };
  });
}

function hypothesisOf(
  path: Path,
  places: number,
  {lengthPenalty, coveragePenalty, attention}: {lengthPenalty: number; coveragePenalty: number; attention: boolean},
): Hypothesis {
  const way: Path[] = [];
  for (let at = path; at.before; at = at.before) way.push(at);
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
