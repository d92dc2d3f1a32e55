// What the recurrent kernels on tfjs-node share: the part of the gates that comes from the inputs, for all steps at once,
// and its gradients; the states before each step; the padding behind short sequences.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
} from '../backends/tensorflow-op';
import {multiplyTransposed} from '../matrix-product/tensorflow';
import {expectIds} from '../rows/cpu';

/** The planes of a tensor along its first axis, in its own memory. */
export function unpack(ops: TensorflowOps, input: TensorflowInput): TensorflowTensor[] {
  return ops.runMany('Unpack', [input], {num: int(input.shape[0]!)}, input.shape[0]!);
}

/** The rows of a batch in so many parts: of `[N, B, ...]` first those of plane 0, then those of plane 1, each `[B / parts, ...]`. */
export function unpackParts(ops: TensorflowOps, input: TensorflowInput, parts: number): TensorflowTensor[] {
  const [planes, rows, ...rest] = input.shape as [number, number];
  return unpack(ops, parts === 1 ? input : ops.reshape(input, [planes * parts, rows / parts, ...rest]));
}

/** The other way round: `[N, B, ...]`. */
export function packParts(ops: TensorflowOps, inputs: readonly TensorflowTensor[], parts: number): TensorflowTensor {
  const packed = pack(ops, inputs);
  if (parts === 1) return packed;
  const [both, rows, ...rest] = packed.shape as [number, number];
  return ops.reshape(packed, [both / parts, rows * parts, ...rest]);
}

/** The rows of one matrix or tensor `[B, ...]` in parts, each `[B / parts, ...]`. */
export function rowsInParts(ops: TensorflowOps, input: TensorflowInput, parts: number): TensorflowTensor[] {
  return unpackParts(ops, ops.reshape(input, [1, ...input.shape]), parts);
}

/** The other way round: `[B, ...]`. */
export function joinRows(ops: TensorflowOps, parts: readonly TensorflowTensor[]): TensorflowTensor {
  const [rows, ...rest] = parts[0]!.shape as [number, number];
  return ops.reshape(pack(ops, parts), [parts.length * rows, ...rest]);
}

/** Tensors of one shape, side by side along a new first axis. */
export function pack(ops: TensorflowOps, inputs: readonly TensorflowInput[]): TensorflowTensor {
  return ops.run('Pack', inputs, {N: int(inputs.length), T: type('float32')});
}

export function zeros(ops: TensorflowOps, shape: readonly number[]): TensorflowTensor {
  return ops.run('Fill', [ops.constant('int32', shape, [shape.length]), ops.constant('float32', [0])]);
}

/** Of tensors of one shape, in this order: a graph keeps one AddN as it is, and reorders additions. */
export function sum(ops: TensorflowOps, terms: readonly TensorflowInput[]): TensorflowTensor {
  return ops.run('AddN', terms, {N: int(terms.length), T: type('float32')});
}

/**
 * Whether a product of a part is better computed by `blocks` of columns. From a megabyte on, of all three matrices, MatMul shares a
 * product among the cores; where a graph computes parts side by side, the cores have work already.
 */
function inBlocks(blocks: number, parts: number, [rows, depth, columns]: readonly [number, number, number]): boolean {
  const isShared = (columns: number) => 4 * (rows * depth + depth * columns + rows * columns) > 1e6;
  return parts > 1 && columns % blocks === 0 && isShared(columns) && !isShared(columns / blocks);
}

/**
 * What the gates of a step are activations of, i f c o, each `[B / parts, H]`: the part of the inputs `[T, B, 4H]`, at a step and
 * part, and a state times its weights `[.., 4H]`.
 */
export function gateSums(
  ops: TensorflowOps,
  {inputs, weights, parts}: {inputs: TensorflowInput; weights: TensorflowInput; parts: number},
): (at: number, state: TensorflowInput) => TensorflowTensor[] {
  const split = (tensor: TensorflowInput) => {
    const lastAxis = ops.constant('int32', [tensor.shape.length - 1]);
    return ops.runMany('Split', [lastAxis, tensor], {num_split: int(4)}, 4);
  };
  const addTo = (input: TensorflowTensor, state: TensorflowInput, weights: TensorflowInput) =>
    ops.run('AddV2', [input, ops.run('MatMul', [state, weights])]);
  const [depth, columns] = weights.shape as [number, number];
  if (!inBlocks(4, parts, [inputs.shape[1]! / parts, depth, columns])) {
    const inputAt = unpackParts(ops, inputs, parts);
    return (at, state) => split(addTo(inputAt[at]!, state, weights));
  }
  const inputsAt = split(inputs).map((ofGate) => unpackParts(ops, ofGate, parts));
  const ofGates = split(weights);
  return (at, state) => ofGates.map((ofGate, gate) => addTo(inputsAt[gate]![at]!, state, ofGate));
}

/** Multiplies rows of a part by a matrix transposed, once a step; for one step alone it is not worth turning the matrix round. */
export function timesTransposed(
  ops: TensorflowOps,
  matrix: TensorflowInput,
  {steps, rows, parts}: Record<'steps' | 'rows' | 'parts', number>,
): (part: TensorflowInput) => TensorflowTensor {
  if (steps === 1) return (part) => multiplyTransposed(ops, part, matrix);
  // By way of three axes, or TensorFlow would see in a graph that MatMul could transpose by itself, which is slower.
  const [columns, depth] = matrix.shape as [number, number];
  const order = ops.constant('int32', [0, 2, 1], [3]);
  const turned = ops.reshape(ops.run('Transpose', [ops.reshape(matrix, [1, columns, depth]), order]), [depth, columns]);
  if (!inBlocks(2, parts, [rows / parts, depth, columns])) return (part) => ops.run('MatMul', [part, turned]);
  const axis = ops.constant('int32', [1]);
  const halves = ops.runMany('Split', [axis, turned], {num_split: int(2)}, 2);
  return (part) => {
    const products = halves.map((half) => ops.run('MatMul', [part, half]));
    return ops.run('ConcatV2', [...products, axis], {N: int(2), T: type('float32')});
  };
}

/**
 * Whether b is one more row of W, and vectors have a 1 behind each: a pass over what the gates of many rows are sums of costs more
 * than one over x and a copy of W. By measurement, and for W and its gradient alike.
 */
function isRowOfKernel(rows: number, inputSize: number): boolean {
  return rows >= 4 * inputSize;
}

/** Vectors with a 1 behind each, `[rows, I + 1]`. */
function withOnes(ops: TensorflowOps, x: TensorInfo, rows: number, inputSize: number): TensorflowTensor {
  const behind = ops.constant('int32', [0, 0, 0, 1], [2, 2]);
  return ops.run('PadV2', [ops.reshape(x, [rows, inputSize]), behind, ops.constant('float32', [1])]);
}

/** Throws an IdRangeError where x has ids and one of them is not a row of W. */
export function expectInputIds(
  backend: TensorflowBackend,
  operation: string,
  {x, kernel}: Record<'x' | 'kernel', TensorInfo>,
): void {
  if (x.dtype === 'int32') expectIds(`${operation}: x`, backend.readSync(x.dataId) as Int32Array, kernel.shape[0]!);
}

/** x W + b of all steps `[T, B, W]`, for vectors x `[T, B, I]` or ids `[T, B]`, which must be known to be in range. */
export function fromInputs(
  ops: TensorflowOps,
  {x, kernel, bias}: Record<'x' | 'kernel' | 'bias', TensorInfo>,
): TensorflowTensor {
  const [steps, batch] = x.shape as [number, number];
  const [inputSize, width] = kernel.shape as [number, number];
  if (x.dtype !== 'int32') {
    const vectors = steps * batch;
    if (!isRowOfKernel(vectors, inputSize)) {
      const product = ops.run('MatMul', [ops.reshape(x, [vectors, inputSize]), kernel]);
      return ops.reshape(ops.run('BiasAdd', [product, bias]), [steps, batch, width]);
    }
    const rows = ops.run('ConcatV2', [kernel, ops.reshape(bias, [1, width]), ops.constant('int32', [0])], {
      N: int(2),
      T: type('float32'),
    });
    const product = ops.run('MatMul', [withOnes(ops, x, vectors, inputSize), rows]);
    return ops.reshape(product, [steps, batch, width]);
  }
  const rows = (table: TensorflowInput) => ops.run('GatherV2', [table, x, ops.constant('int32', [0])]);
  // The bias goes where there are fewer rows to add it to.
  return inputSize < steps * batch
    ? rows(ops.run('BiasAdd', [kernel, bias]))
    : ops.run('BiasAdd', [rows(kernel), bias]);
}

/**
 * The gradients of W and of b from that of `fromInputs`, given as one matrix `[T B, W]`. BiasAddGrad takes a fifth of the time that
 * Sum does.
 */
export function inputGradients(
  ops: TensorflowOps,
  x: TensorInfo,
  inputSize: number,
  gradient: TensorflowTensor,
): [kernel: TensorflowTensor, bias: TensorflowTensor] {
  const rows = gradient.shape[0]!;
  if (x.dtype !== 'int32') {
    if (!isRowOfKernel(rows, inputSize)) {
      const vectors = ops.reshape(x, [rows, inputSize]);
      return [ops.run('MatMul', [vectors, gradient], {transpose_a: true}), ops.run('BiasAddGrad', [gradient])];
    }
    const both = ops.run('MatMul', [withOnes(ops, x, rows, inputSize), gradient], {transpose_a: true});
    const sizes = ops.constant('int32', [inputSize, 1], [2]);
    const [kernel, bias] = ops.runMany('SplitV', [both, sizes, ops.constant('int32', [0])], {num_split: int(2)}, 2);
    return [kernel!, ops.reshape(bias!, [gradient.shape[1]!])];
  }
  const ids = ops.reshape(x, [rows]);
  const size = ops.constant('int32', [inputSize]);
  const [one, zero] = [ops.constant('float32', [1]), ops.constant('float32', [0])];
  const kernelGradient =
    inputSize <= largestOneHot
      ? ops.run('MatMul', [ops.run('OneHot', [ids, size, one, zero], {axis: int(-1)}), gradient], {transpose_a: true})
      : ops.run('UnsortedSegmentSum', [gradient, ids, size]);
  // Each row of the gradient is part of just one row of that sum, so the shorter of the two will do.
  const shorter = inputSize < rows ? kernelGradient : gradient;
  return [kernelGradient, ops.run('BiasAddGrad', [shorter])];
}

/** Up to this many ids, a product with one-hot vectors sums rows faster than TensorFlow's loop over them. */
const largestOneHot = 64;

/** The lengths, if a sequence ends before the last step; a batch of one length needs no masks. */
export function shorter<Lengths extends TensorInfo>(
  backend: TensorflowBackend,
  steps: number,
  lengths?: Lengths,
): Lengths | undefined {
  const ends = lengths && (backend.readSync(lengths.dataId) as Int32Array).some((length) => length < steps);
  return ends ? lengths : undefined;
}

/**
 * Whether the sequence of each row still goes on: at all steps, `[T, B, 1]` bool, and by step and part, each `[B / parts, 1]`.
 * Without lengths nothing is said.
 */
export function going(
  ops: TensorflowOps,
  {steps, parts}: Record<'steps' | 'parts', number>,
  lengths?: TensorInfo,
): {live?: TensorflowTensor; liveAt: readonly TensorflowTensor[]} {
  if (!lengths) return {liveAt: []};
  const times = ops.constant('int32', [...Array(steps).keys()], [steps, 1, 1]);
  const live = ops.run('Less', [times, ops.reshape(lengths, [1, lengths.shape[0]!, 1])]);
  return {live, liveAt: unpackParts(ops, live, parts)};
}

/** The hidden state before each step as one matrix `[T B, H]`. */
export function statesBefore(
  ops: TensorflowOps,
  {hidden, outputs}: Record<'hidden' | 'outputs', TensorInfo>,
  reverse: boolean,
  live?: TensorflowTensor,
): TensorflowTensor {
  const [steps, batch, hiddenSize] = outputs.shape as [number, number, number];
  const first = ops.reshape(hidden, [1, batch, hiddenSize]);
  const [from, size] = [
    [reverse ? 1 : 0, 0, 0],
    [steps - 1, batch, hiddenSize],
  ];
  const slice = (tensor: TensorflowInput, shape: number[]) =>
    ops.run('Slice', [tensor, ops.constant('int32', from, [3]), ops.constant('int32', shape, [3])]);
  let others = slice(outputs, size);
  // Read backwards, a short sequence starts at its own last step.
  if (reverse && live) others = ops.run('SelectV2', [slice(live, [steps - 1, batch, 1]), others, first]);
  const all = ops.run('ConcatV2', [...(reverse ? [others, first] : [first, others]), ops.constant('int32', [0])], {
    N: int(2),
    T: type('float32'),
  });
  return ops.reshape(all, [steps * batch, hiddenSize]);
}
