import {type LSTMState, sparseCrossEntropy} from '@gatefold/gpu-kernels';
import {type Evaluation, Pause} from '@gatefold/training';
import {dispose, tensor2d, tidy} from '@tensorflow/tfjs-core';
import {expectIds} from './expect-ids';
import type {LanguageModel} from './language-model';

/** Symbols in one pass: enough that calls cost nothing, few enough that a pass is short and small. */
const chunk = 1000;

/** See `LanguageModel.evaluate`. */
export async function evaluate(
  model: LanguageModel,
  ids: ArrayLike<number>,
  {signal}: {signal?: AbortSignal},
): Promise<Evaluation> {
  if (ids.length < 2)
    throw new RangeError(`${ids.length} ids given, expected at least 2: one to read, one to predict.`);
  expectIds('evaluate: ids', ids, model.configuration.vocabularySize);
  const symbols = ids.length - 1;
  const pause = new Pause();
  let states: LSTMState[] | undefined;
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
  return {loss, perplexity: Math.exp(loss), bitsPerSymbol: loss / Math.LN2, symbols};
}
