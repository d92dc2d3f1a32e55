import {topK} from '@gatefold/gpu-kernels';
import {expectKnownOptions, Pause} from '@gatefold/training';
import {dispose, tensor1d, tidy} from '@tensorflow/tfjs-core';
import {step} from '../language-model/draw-steps';
import {expectIds} from '../language-model/expect-ids';
import type {LanguageModel} from '../language-model/language-model';
import {expectLength, expectPrompt, readPrompts, takeStates} from '../language-model/prompts';

export interface BeamSearchOptions {
  /** What to go on from, at least one id. */
  prompt: ArrayLike<number>;
  /** How many symbols a continuation has at most, 1 or more. */
  length: number;
  /**
   * How many hypotheses are kept at a step, those that have ended among them; default 8. It may exceed the vocabulary:
   * the first step has no more than V, the second V², until the width is reached.
   */
  width?: number;
  /** How many continuations to return at most; default `width`. */
  results?: number;
  /** A symbol after which a continuation is complete. Without it all have the same length. */
  end?: number;
  /**
   * Continuations are ranked by their log-probability divided by their length to this power: 1, the default, ranks by
   * the mean a symbol; 0 by the sum, which prefers short ones. It matters only where there is an `end`.
   */
  lengthPenalty?: number;
  /** Stops between two symbols, with the signal's reason as the error. */
  signal?: AbortSignal;
}

const known: Readonly<Record<keyof BeamSearchOptions, true>> = {
  prompt: true,
  length: true,
  width: true,
  results: true,
  end: true,
  lengthPenalty: true,
  signal: true,
};

/** A continuation that was found. */
export interface Hypothesis {
  /** Without the prompt; with the `end`, where it ended. */
  ids: Uint32Array;
  /** Of the ids after the prompt, in nats. */
  logProbability: number;
  /** `logProbability / ids.length ** lengthPenalty` */
  score: number;
  /** Whether it came to `end`, rather than to the greatest length. */
  ended: boolean;
}

/** The way to a hypothesis, from its last symbol back: hypotheses share their beginnings. */
interface Path {
  id: number;
  logProbability: number;
  before: Path | undefined;
  /** The row of the batch in which `before` is. */
  row: number;
}

/** See `LanguageModel.beamSearch`. */
export async function beamSearch(model: LanguageModel, options: BeamSearchOptions): Promise<Hypothesis[]> {
  expectKnownOptions('beamSearch', options, known);
  const {prompt, length, width = 8, results = width, end, lengthPenalty = 1, signal} = options;
  const {vocabularySize} = model.configuration;
  expectPrompt('beamSearch', prompt, model);
  expectLength(length, 1);
  for (const [name, value] of Object.entries({width, results})) {
    if (!(Number.isSafeInteger(value) && value > 0)) {
      throw new RangeError(`${name} is ${value}, expected a whole number above 0.`);
    }
  }
  if (end !== undefined) expectIds('beamSearch: end', [end], vocabularySize);
  if (!(lengthPenalty >= 0 && lengthPenalty < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`lengthPenalty is ${lengthPenalty}, expected a number of at least 0.`);
  }
  const pause = new Pause();
  const ended: Path[] = [];
  let live: Path[] = [];
  let states = await readPrompts(model, [prompt], {pause, signal});
  let unread = {rows: [0], ids: [prompt[prompt.length - 1]!]};
  try {
    for (let count = 0; count < length; count++) {
      signal?.throwIfAborted();
      const before = states;
      const k = Math.min(width, vocabularySize);
      const {best, ...next} = tidy(() => {
        const {logits, states} = step(model, tensor1d(unread.ids, 'int32'), takeStates(before, unread.rows));
        return {best: {...topK({logits, k, logProbabilities: true})}, states};
      });
      states = next.states;
      dispose(before);
      const [values, ids] = [await best.values.data(), await best.ids.data()]; // [live, k]
      dispose([best.values, best.ids]);
      const candidates = Array.from(values, (value, index): Path => {
        const row = Math.floor(index / k);
        const before = live[row];
        return {id: ids[index]!, logProbability: (before?.logProbability ?? 0) + value, before, row};
      });
      if (candidates.some(({logProbability}) => Number.isNaN(logProbability))) {
        throw new RangeError('The model gives NaN for the next symbol: its weights are broken.');
      }
      candidates.sort((left, right) => right.logProbability - left.logProbability);
      const kept = candidates.slice(0, width - ended.length);
      ended.push(...kept.filter(({id}) => id === end));
      live = kept.filter(({id}) => id !== end);
      if (live.length === 0) break;
      unread = {rows: live.map(({row}) => row), ids: live.map(({id}) => id)};
      await pause.whenDue();
    }
  } finally {
    dispose(states);
  }
  return [...ended, ...live]
    .map((path) => hypothesisOf(path, {end, lengthPenalty}))
    .sort((left, right) => right.score - left.score)
    .slice(0, results);
}

function hypothesisOf(
  path: Path,
  {end, lengthPenalty}: Pick<BeamSearchOptions, 'end'> & {lengthPenalty: number},
): Hypothesis {
  const {id, logProbability} = path;
  const reversed: number[] = [];
  for (let at: Path | undefined = path; at; at = at.before) reversed.push(at.id);
  const ids = Uint32Array.from(reversed.reverse());
  return {ids, logProbability, score: logProbability / ids.length ** lengthPenalty, ended: id === end};
}
