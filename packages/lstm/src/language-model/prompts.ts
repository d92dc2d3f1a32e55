import type {Pause} from '@gatefold/training';
import {
  concat,
  dispose,
  gather,
  type Tensor2D,
  type TensorContainer,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type {RecurrentState} from '../recurrent-layer/recurrent-layer';
import {expectIds} from './expect-ids';
import type {LanguageModel} from './language-model';
import {stepsPerPass} from './pass-length';

/** Throws where a prompt is empty, a RangeError, or an id is not in the vocabulary, an IdRangeError. */
export function expectPrompt(operation: string, prompt: ArrayLike<number>, {configuration}: LanguageModel): void {
  if (!(prompt?.length > 0)) {
    throw new RangeError(`${operation}: the prompt is empty, expected at least one id for the model to go on from.`);
  }
  expectIds(`${operation}: prompt`, prompt, configuration.vocabularySize);
}

/** Throws a RangeError where the length to write is not a whole number of at least `least`. */
export function expectLength(length: number, least: number): void {
  if (Number.isSafeInteger(length) && length >= least) return;
  throw new RangeError(`length is ${length}, expected a whole number of symbols, ${least} or more.`);
}

/**
 * Reads prompts, each from a zero state, all but their last ids; the same array only once, however often it stands there, and
 * those of one length side by side.
 *
 * @returns the states before the last id of each, which the caller disposes of.
 */
export async function readPrompts(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: {pause: Pause; signal: AbortSignal | undefined},
): Promise<RecurrentState[]> {
  const ofLength = new Map<number, Set<ArrayLike<number>>>();
  for (const prompt of prompts) {
    ofLength.set(prompt.length, (ofLength.get(prompt.length) ?? new Set()).add(prompt));
  }
  const groups = [...ofLength.values()].map((group) => [...group]);
  const place = new Map(groups.flat().map((prompt, index) => [prompt, index]));
  const rows = prompts.map((prompt) => place.get(prompt)!);
  const read: RecurrentState[][] = [];
  try {
    for (const group of groups) read.push(await readSideBySide(model, group, options));
    if (read.length === 1 && rows.length === place.size) return read.pop()!; // every row once, in their order
    return tidy(() => {
      const states = read[0]!.map((first, layer) =>
        mapState(first, (_, part) => concat(read.map((states) => states[layer]![part]!)) as Tensor2D),
      );
      return takeStates(states, rows);
    });
  } finally {
    dispose(read as TensorContainer[]);
  }
}

/** Reads prompts of one length, in passes that are short enough for a page. */
async function readSideBySide(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  {pause, signal}: {pause: Pause; signal: AbortSignal | undefined},
): Promise<RecurrentState[]> {
  const [batch, length] = [prompts.length, prompts[0]!.length - 1];
  const most = stepsPerPass(model, batch);
  let states = zeroStates(model, batch);
  for (let start = 0; start < length; start += most) {
    const before = states;
    try {
      if (start > 0) await pause.whenDue();
      signal?.throwIfAborted();
      const steps = Math.min(most, length - start);
      const ids = Int32Array.from({length: steps * batch}, (_, index) => {
        return prompts[index % batch]![start + Math.floor(index / batch)]!;
      });
      states = tidy(() => model.read(tensor2d(ids, [steps, batch], 'int32'), before).states);
    } finally {
      dispose(before);
    }
  }
  return states;
}

/** What a model remembers before it has read anything. */
function zeroStates({configuration: {cell, hiddenSizes}}: LanguageModel, batch: number): RecurrentState[] {
  return hiddenSizes.map((hiddenSize) => {
    const zero = () => zeros([batch, hiddenSize]) as Tensor2D;
    return cell === 'gru' ? {hidden: zero()} : {hidden: zero(), cell: zero()};
  });
}

/** The states of some rows of the batch, in the order asked for. */
export function takeStates(states: readonly RecurrentState[], rows: readonly number[]): RecurrentState[] {
  return states.map((state) => mapState(state, (tensor) => gather(tensor, tensor1d(rows as number[], 'int32'))));
}

function mapState(
  state: RecurrentState,
  map: (tensor: Tensor2D, part: keyof RecurrentState) => Tensor2D,
): RecurrentState {
  const hidden = map(state.hidden, 'hidden');
  return state.cell ? {hidden, cell: map(state.cell, 'cell')} : {hidden};
}
