// The GRU on tfjs-node by GRUBlockCell and its gradient: one operation a step each way. Their product is slower than MatMul, but
// where it is small, what counts is how few operations there are (docs/decisions/0008).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {int, type TensorflowInput, type TensorflowOps, type TensorflowTensor, type} from '../backends/tensorflow-op';
import {sequenceSizes} from '../sequence/sizes';
import {unpackParts, zeros} from '../sequence/tensorflow';
import type {Step, StepBack} from './tensorflow';

type Inputs = Record<string, TensorInfo>;

/** Numbers in W and R, and these times the rows of the batch, up to which it is faster, by measurement. */
const [mostWeights, mostProducts] = [100_000, 2_000_000];

/** Whether a pass over these inputs goes by GRUBlockCell; the same answer forward and backward. */
export function fitsBlock(inputs: Inputs): boolean {
  const {batch, inputSize, hiddenSize} = sequenceSizes(inputs);
  const weights = (inputSize + hiddenSize) * 3 * hiddenSize;
  return !inputs.candidateMask && inputSize > 0 && weights <= mostWeights && batch * weights <= mostProducts;
}

/** What both ops begin with at a step of a part: x, the state before, and the weights and biases, of r before z. */
function given(ops: TensorflowOps, {x, kernel, recurrentKernel}: Inputs, bias: TensorflowInput, parts: number) {
  const [inputSize] = kernel!.shape as [number, number];
  const axis = (at: number) => ops.constant('int32', [at]);
  const concat = (parts: TensorflowTensor[], at: number) =>
    ops.run('ConcatV2', [...parts, axis(at)], {N: int(parts.length), T: type('float32')});
  const thirds = (tensor: TensorflowInput, at: number) =>
    ops.runMany('Split', [axis(at), tensor], {num_split: int(3)}, 3);
  const [[kz, kr, kc], [rz, rr, rc]] = [thirds(kernel!, 1), thirds(recurrentKernel!, 1)] as [Three, Three];
  const [bz, br, bc] = thirds(bias, 0) as Three;
  const weights = [
    concat([concat([kr, kz], 1), concat([rr, rz], 1)], 0), // [I + H, 2H]
    concat([kc, rc], 0), // [I + H, H]
    concat([br, bz], 0),
    bc,
  ];
  const one = (value: number) => ops.constant('float32', [value]);
  const vectors =
    x!.dtype === 'int32'
      ? ops.run('OneHot', [x!, ops.constant('int32', [inputSize]), one(1), one(0)], {axis: int(-1)})
      : x!;
  const vectorsAt = unpackParts(ops, vectors, parts);
  return (at: number, before: TensorflowTensor) => [vectorsAt[at]!, before, ...weights];
}

type Three = [TensorflowTensor, TensorflowTensor, TensorflowTensor];

export function blockSteps(ops: TensorflowOps, inputs: Inputs, parts: number): Step {
  const inputsAt = given(ops, inputs, inputs.bias!, parts);
  return (at, h) => {
    const results = ops.runMany('GRUBlockCell', inputsAt(at, h), {T: type('float32')}, 4);
    const [r, z, c, after] = results as [...Three, TensorflowTensor];
    return {z, r, c, after};
  };
}

/** The gradients of the gates come with those of r before those of z. */
export function blockStepsBack(ops: TensorflowOps, inputs: Inputs, parts: number): StepBack {
  const noBias = zeros(ops, [inputs.kernel!.shape[1]!]); // the op asks for one, and does not read it
  const inputsAt = given(ops, inputs, noBias, parts);
  return (at, {z, r, c}, before, dAfter) => {
    const results = ops.runMany(
      'GRUBlockCellGrad',
      [...inputsAt(at, before), r, z, c, dAfter],
      {T: type('float32')},
      4,
    );
    const [, dBefore, dCandidate, dGate] = results as [TensorflowTensor, ...Three];
    return {dBefore, dGate, dCandidate};
  };
}
