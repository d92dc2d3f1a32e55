import {sparseCrossEntropy} from '@gatefold/gpu-kernels';
import {type Evaluation, expectKnownOptions, Pause} from '@gatefold/training';
import {dispose, tensor2d, tidy} from '@tensorflow/tfjs-core';
import type {RecurrentState} from '../recurrent-layer/recurrent-layer';
import {expectIds} from './expect-ids';
import type {LanguageModel} from './language-model';
import {stepsPerPass} from './pass-length';

export interface EvaluateOptions {
  /** How many characters each symbol adds to the text: 1, the default, or 2 for bigrams that do not overlap. */
  charactersPerSymbol?: number;
  signal?: AbortSignal;
}

/** An evaluation that compares with those of other vocabularies over the same text. */
export interface LanguageModelEvaluation extends Evaluation {
  /** e to the loss a character. */
  perplexityPerCharacter: number;
  /** The loss a character in bits. */
  bitsPerCharacter: number;
}

/** See `LanguageModel.evaluate`. */
export async function evaluate(
  model: LanguageModel,
  ids: ArrayLike<number>,
  options: EvaluateOptions,
): Promise<LanguageModelEvaluation> {
  expectKnownOptions('evaluate', options, {charactersPerSymbol: true, signal: true});
  const {charactersPerSymbol = 1, signal} = options;
  if (!(charactersPerSymbol > 0 && charactersPerSymbol < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`charactersPerSymbol is ${charactersPerSymbol}, expected a number above 0.`);
  }
  if (ids.length < 2)
    throw new RangeError(`${ids.length} ids given, expected at least 2: one to read, one to predict.`);
  expectIds('evaluate: ids', ids, model.configuration.vocabularySize);
  const symbols = ids.length - 1;
  const pause = new Pause();
  const chunk = stepsPerPass(model, 1);
  let states: RecurrentState[] | undefined;
  let total = 0;
  try {
    for (let start = 0; start < symbols; start += chunk) {
      signal?.throwIfAborted();
      const end = Math.min(start + chunk, symbols);
      const column = (from: number, to: number) => {
        const values = Int32Array.from({length: to - from}, (_, index) => ids[from + index]!);
        return tensor2d(values, [to - from, 1], 'int32'); // [T, 1]
      };
      const {loss, next} = tidy(() => {
        const {logits, states: next} = model.forward(column(start, end), states);
        return {loss: sparseCrossEntropy({logits, labels: column(start + 1, end + 1), reduction: 'sum'}), next};
      });
      dispose(states ?? []);
      states = next;
      total += (await loss.data())[0]!;
      loss.dispose();
      await pause.whenDue();
    }
  } finally {
    dispose(states ?? []);
  }
  const loss = total / symbols;
  if (Number.isNaN(loss)) throw new RangeError('The model gives NaN for the next symbol: its weights are broken.');
  const lossPerCharacter = loss / charactersPerSymbol;
  return {
    loss,
    perplexity: Math.exp(loss),
    bitsPerSymbol: loss / Math.LN2,
    perplexityPerCharacter: Math.exp(lossPerCharacter),
    bitsPerCharacter: lossPerCharacter / Math.LN2,
    symbols,
  };
}
