// LSTM and GRU layers of Keras have our gates in our order; only their names differ from file to file: lstm/kernel:0,
// lstm/lstm_cell/kernel, sequential/lstm/lstm_cell/kernel.
import {CheckpointError, type StoredTensor, storedTensor} from '@gatefold/training';
import {type Rank, tensor1d, tensor2d, tidy, zeros} from '@tensorflow/tfjs-core';
import type {FusedGates} from '../cell/fused-gates-cell';
import {readTensors} from './read-tensors';

/** Weights of an LSTM, or of a GRU, which has three gates in place of four: `[I, 3H]`, `[H, 3H]` and `[3H]`. */
export type RecurrentWeights = FusedGates;

/**
 * The weights of an LSTM or GRU layer of Keras, by name. The tensors are new; the caller disposes of them.
 *
 * @param tensors named by their path in the Keras model, as `variable.path` and Keras's own files have them: the name of
 *   the layer, perhaps a cell, then `kernel`, `recurrent_kernel` and `bias`; without a bias it is zeros.
 * @param layer the name of the layer, such as `'lstm'`, or `'forward_lstm'` inside a bidirectional one.
 * @throws CheckpointError where a tensor is missing, there are two of a name, or shapes do not fit; so too for a GRU with
 *   `reset_after=True`, Keras's default, whose bias is `[2, 3H]`: the kernels here have the reset gate before the product.
 * @example // in Python: save_file({v.path: v.numpy() for v in model.weights}, 'model.safetensors') of safetensors.numpy
 * const weights = recurrentFromKeras(decodeSafetensors(await readFile('model.safetensors')).tensors, 'lstm');
 * const {outputs} = lstm({x, ...weights});
 */
export function recurrentFromKeras(tensors: Readonly<Record<string, StoredTensor>>, layer: string): RecurrentWeights {
  const find = (part: string) => {
    const found = Object.keys(tensors).filter((path) => {
      const steps = path.replace(/:0$/, '').split('/');
      return steps.at(-1) === part && steps.slice(0, -1).includes(layer);
    });
    if (found.length > 1) {
      throw new CheckpointError(`The layer ${layer} has ${found.length} tensors ${part}: ${found.join(', ')}.`);
    }
    return found[0];
  };
  const [kernel, recurrentKernel, bias] = [find('kernel'), find('recurrent_kernel'), find('bias')];
  if (!kernel || !recurrentKernel) {
    throw new CheckpointError(
      `Among the tensors ${Object.keys(tensors).join(', ')} is no ${layer}/…/kernel with its recurrent_kernel.`,
    );
  }
  const [inputSize = 0] = tensors[kernel]!.shape;
  const [hiddenSize = 0, width = 0] = tensors[recurrentKernel]!.shape;
  if (bias && tensors[bias]!.shape.length === 2) {
    throw new CheckpointError(
      `${bias} is [${tensors[bias]!.shape.join(', ')}], of a GRU with reset_after=True, where one of [${width}] is ` +
        'expected: train the GRU with reset_after=False.',
    );
  }
  const matrix = (name: string, rows: number) =>
    tensor2d(storedTensor(name, tensors, [rows, width]).slice(), [rows, width]);
  return tidy(() => ({
    kernel: matrix(kernel, inputSize),
    recurrentKernel: matrix(recurrentKernel, hiddenSize),
    bias: bias ? tensor1d(storedTensor(bias, tensors, [width]).slice()) : zeros<Rank.R1>([width]),
  }));
}

/**
 * The weights of an LSTM or GRU layer under Keras's names, for `encodeSafetensors`. A forget bias that is given apart must
 * be added to the bias first, as `LanguageModel.layers()` does; a GRU's are for `reset_after=False`.
 *
 * @example
 * const [layer] = model.layers();
 * const file = encodeSafetensors(await recurrentToKeras(layer.forward, 'lstm'));
 * // in Python: model.get_layer('lstm').set_weights([file[f'lstm/{part}'] for part in ['kernel', 'recurrent_kernel', 'bias']])
 */
export function recurrentToKeras(
  {kernel, recurrentKernel, bias}: RecurrentWeights,
  layer: string,
): Promise<Record<string, StoredTensor>> {
  return readTensors({
    [`${layer}/kernel`]: kernel,
    [`${layer}/recurrent_kernel`]: recurrentKernel,
    [`${layer}/bias`]: bias,
  });
}
