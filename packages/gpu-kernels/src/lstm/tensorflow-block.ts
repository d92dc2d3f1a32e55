// The LSTM on tfjs-node by BlockLSTMV2 and its gradient: one operation each way. Their product is slower than MatMul, but
// where it is small, what counts is how few operations there are (docs/decisions/0008).
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {
  float,
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
  withOps,
} from '../backends/tensorflow-op';
import {expectIds} from '../rows/cpu';
import type {RecurrentAttributes} from '../sequence/attributes';
import {sequenceSizes} from '../sequence/sizes';
import {pack, unpack, zeros} from '../sequence/tensorflow';

type Inputs = Record<string, TensorInfo>;

/** Numbers in W and R up to which it is faster for any batch, by measurement: it goes through them anew at every step. */
const mostWeights = 50_000;

/** Whether a pass over these inputs goes by BlockLSTMV2; the same answer forward and backward. */
export function fitsBlock(inputs: Inputs): boolean {
  const {steps, batch, inputSize, hiddenSize} = sequenceSizes(inputs);
  const {lengths, candidateMask} = inputs;
  const weights = (inputSize + hiddenSize) * 4 * hiddenSize;
  return !lengths && !candidateMask && steps * batch * inputSize * hiddenSize > 0 && weights <= mostWeights;
}

/** What both ops begin with: length, x as vectors, states, W over R, three absent peepholes, bias. */
function begin(ops: TensorflowOps, {x, kernel, recurrentKernel, hidden, cell}: Inputs, bias: TensorflowInput) {
  const [inputSize, width] = kernel!.shape as [number, number];
  const constant = (value: number) => ops.constant('float32', [value]);
  const vectors =
    x!.dtype === 'int32'
      ? ops.run('OneHot', [x!, ops.constant('int32', [inputSize]), constant(1), constant(0)], {axis: int(-1)})
      : x!;
  const weights = ops.run('ConcatV2', [kernel!, recurrentKernel!, ops.constant('int32', [0])], {
    N: int(2),
    T: type('float32'),
  });
  const peephole = ops.constant('float32', new Array(width / 4).fill(0), [width / 4]);
  const steps = ops.constant('int64', [x!.shape[0]!]);
  return [steps, vectors, cell!, hidden!, weights, peephole, peephole, peephole, bias];
}

const attributes = {use_peephole: false, T: type('float32')};

/** As `forward` of `tensorflow.ts`; the gates are `[4, T, B, H]`. */
export function forwardBlock(inputs: Inputs, backend: TensorflowBackend): Tensor[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  return withOps(backend, (ops) => {
    if (fromIds) expectIds('lstm: x', ops.read(inputs.x!) as Int32Array, inputSize);
    const given = begin(ops, inputs, inputs.bias!);
    const results = ops.runMany('BlockLSTMV2', given, {...attributes, cell_clip: float(0)}, 7);
    const [i, cells, f, o, c, , outputs] = results as TensorflowTensor[];
    const last = (tensor: TensorflowTensor) => {
      const [from, size] = [
        [steps - 1, 0, 0],
        [1, batch, hiddenSize],
      ];
      const slice = ops.run('Slice', [tensor, ops.constant('int32', from, [3]), ops.constant('int32', size, [3])]);
      return ops.reshape(slice, [batch, hiddenSize]);
    };
    return [outputs!, last(outputs!), last(cells!), pack(ops, [i!, f!, c!, o!]), cells!];
  });
}

/** As `backward` of `tensorflow.ts`. */
export function backwardBlock(
  inputs: Inputs,
  {constantInput}: RecurrentAttributes,
  backend: TensorflowBackend,
): Tensor[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {outputs, gates, cells, outputsGradient, hiddenGradient, cellGradient} = inputs;
  const width = 4 * hiddenSize;
  return withOps(backend, (ops) => {
    const [i, f, c, o] = unpack(ops, gates!) as TensorflowTensor[];
    /** A gradient of the last state as one of the states of all steps. */
    const atLast = (gradient: TensorflowInput) =>
      ops.run('Pad', [
        ops.reshape(gradient, [1, batch, hiddenSize]),
        ops.constant('int32', [steps - 1, 0, 0, 0, 0, 0], [3, 2]),
      ]);
    const given = begin(ops, inputs, zeros(ops, [width]));
    const squashed = ops.run('Tanh', [cells!]);
    const upstream = ops.run('AddV2', [outputsGradient!, atLast(hiddenGradient!)]);
    const kept = [i!, cells!, f!, o!, c!, squashed, outputs!, atLast(cellGradient!), upstream];
    const results = ops.runMany('BlockLSTMGradV2', [...given, ...kept], attributes, 8);
    const [dx, dCell, dHidden, dWeights, , , , dBias] = results as TensorflowTensor[];
    const sizes = ops.constant('int32', [inputSize, hiddenSize], [2]);
    const split = [dWeights!, sizes, ops.constant('int32', [0])];
    const [dKernel, dRecurrent] = ops.runMany('SplitV', split, {num_split: int(2)}, 2);
    const gradients = [dKernel!, dRecurrent!, dBias!, dHidden!, dCell!];
    return fromIds || constantInput ? gradients : [...gradients, dx!];
  });
}
