// nn.LSTM of PyTorch has its gates in our order (i, f, g, o, where g is the candidate), its matrices transposed, and two
// biases that are added up.
import {ShapeError} from '@gatefold/gpu-kernels';
import {CheckpointError, type StoredTensor, storedTensor} from '@gatefold/training';
import {
  add,
  type Tensor1D,
  type TensorContainer,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import type {LSTMDirection, LSTMLayerWeights} from '../stacked-layers/stacked-lstm';
import {readTensors} from './read-tensors';

/** PyTorch's names for the two directions end in these. */
const suffixes = {forward: '', backward: '_reverse'} as const;

/**
 * The layers of a `torch.nn.LSTM`, from its state dict. The tensors are new; the caller disposes of them.
 *
 * @param tensors `weight_ih_l0 [4H, I]`, `weight_hh_l0 [4H, H]`, `bias_ih_l0` and `bias_hh_l0 [4H]`, then `_l1` and so on,
 *   and `_reverse` of each; without biases (`bias=False`) they are zeros; with `proj_size` `weight_hr_l0 [P, H]` too.
 * @param options `prefix` is what stands before those names in a larger model, such as `'encoder.lstm.'`.
 * @throws CheckpointError where a tensor is missing or of a shape that does not fit, as those of a `torch.nn.GRU`.
 * @example // in Python: safetensors.torch.save_file(lstm.state_dict(), 'lstm.safetensors')
 * const layers = lstmFromPyTorch(decodeSafetensors(await readFile('lstm.safetensors')).tensors);
 * const {outputs} = stackedLSTM({x, layers}); // x is time-major [T, B, I], PyTorch's own default
 */
export function lstmFromPyTorch(
  tensors: Readonly<Record<string, StoredTensor>>,
  {prefix = ''}: {prefix?: string} = {},
): LSTMLayerWeights[] {
  if (!(`${prefix}weight_ih_l0` in tensors)) {
    throw new CheckpointError(
      `Among the tensors ${Object.keys(tensors).join(', ')} is no ${prefix}weight_ih_l0: ` +
        'give what stands before weight_ih_l0 there as the prefix.',
    );
  }
  const layers: LSTMLayerWeights[] = [];
  return tidy(() => {
    while (`${prefix}weight_ih_l${layers.length}` in tensors) {
      const name = (part: string, direction: keyof typeof suffixes) =>
        `${prefix}${part}_l${layers.length}${suffixes[direction]}`;
      const read = (direction: keyof typeof suffixes) => gates(tensors, (part) => name(part, direction));
      const isBidirectional = name('weight_ih', 'backward') in tensors;
      layers.push({forward: read('forward'), ...(isBidirectional && {backward: read('backward')})});
    }
    return layers as object as TensorContainer;
  }) as object as LSTMLayerWeights[];
}

function gates(tensors: Readonly<Record<string, StoredTensor>>, name: (part: string) => string): LSTMDirection {
  const [width = 0, inputSize = 0] = tensors[name('weight_ih')]!.shape;
  const hiddenSize = width / 4;
  const isProjected = name('weight_hr') in tensors;
  const stateSize = tensors[name('weight_hh')]?.shape[1] ?? hiddenSize;
  const outputSize = isProjected ? stateSize : hiddenSize;
  if (stateSize !== outputSize) {
    throw new CheckpointError(
      `${name('weight_ih')} has ${width} rows and ${name('weight_hh')} ${stateSize} columns, expected four times as many ` +
        'rows, the gates of a torch.nn.LSTM. A torch.nn.GRU has three: it cannot be read as an LSTM.',
    );
  }
  const matrix = (part: string, shape: [number, number]) =>
    tidy(() => transpose(tensor2d(storedTensor(name(part), tensors, shape).slice(), shape)));
  const bias = (part: string) =>
    name(part) in tensors ? tensor1d(storedTensor(name(part), tensors, [width]).slice()) : zeros([width]);
  return tidy(() => ({
    kernel: matrix('weight_ih', [width, inputSize]), // [I, 4H]
    recurrentKernel: matrix('weight_hh', [width, outputSize]), // [P, 4H]
    bias: add(bias('bias_ih'), bias('bias_hh')) as Tensor1D, // [4H]
    ...(isProjected && {projection: matrix('weight_hr', [outputSize, hiddenSize])}), // [H, P]
  }));
}

/**
 * The state dict of a `torch.nn.LSTM` of these layers, for `encodeSafetensors`. The whole bias is `bias_ih`; `bias_hh` is 0.
 * A forget bias that is given apart must be added to the bias first, as `LanguageModel.layers()` does. Layers of unlike sizes
 * `lstmFromPyTorch` reads again; PyTorch itself has one size for all.
 *
 * @throws ShapeError where a bias is not `[4H]`, as that of a GRU: PyTorch's resets after the product, so it would be another.
 * @example
 * const file = encodeSafetensors(await lstmToPyTorch(model.layers()));
 * // in Python: lstm.load_state_dict(safetensors.torch.load_file('lstm.safetensors'))
 */
export async function lstmToPyTorch(
  layers: readonly LSTMLayerWeights[],
  {prefix = ''}: {prefix?: string} = {},
): Promise<Record<string, StoredTensor>> {
  const stored: Record<string, StoredTensor> = {};
  for (const [layer, directions] of layers.entries()) {
    for (const [direction, {kernel, recurrentKernel, bias, projection}] of Object.entries(directions) as [
      keyof typeof suffixes,
      LSTMDirection,
    ][]) {
      const name = (part: string) => `${prefix}${part}_l${layer}${suffixes[direction]}`;
      const [hiddenSize] = (projection ?? recurrentKernel).shape;
      if (bias.shape[0] !== 4 * hiddenSize) {
        throw new ShapeError(
          `lstmToPyTorch: the bias of layer ${layer}, ${direction}, is [${bias.shape.join(', ')}], expected [${4 * hiddenSize}], ` +
            'of an LSTM: a GRU of PyTorch has its reset gate after the product, and would give other numbers.',
        );
      }
      const parts = tidy(() => ({
        [name('weight_ih')]: transpose(kernel), // [4H, I]
        [name('weight_hh')]: transpose(recurrentKernel), // [4H, P]
        ...(projection && {[name('weight_hr')]: transpose(projection)}), // [P, H]
        [name('bias_hh')]: zeros(bias.shape),
      }));
      Object.assign(stored, await readTensors({...parts, [name('bias_ih')]: bias}));
      for (const part of Object.values(parts)) part.dispose();
    }
  }
  return stored;
}
