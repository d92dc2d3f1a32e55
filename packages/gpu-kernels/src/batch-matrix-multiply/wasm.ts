// tf.matMul and tf.fused.matMul on tfjs-backend-wasm. tfjs takes XNNPACK for a single product of matrices as they lie;
// for a batch of them, or where one is to be transposed, it takes three loops that reach a twentieth of that, and that
// add the bias of a fused product once for every 48 of depth. Those run by our own product (assembly/matrix-product.ts).
// Batch axes broadcast as in NumPy; tfjs's own kernel mixes up the matrices where both sides have an axis of 1.
import {broadcast_util, type KernelFunc, type TensorInfo, util} from '@tensorflow/tfjs-core';
import {type KernelReplacement, runKernel} from '../backends/replace-kernel';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';

interface MatrixMultiplyCall {
  inputs: {a: TensorInfo; b: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo};
  attrs: {transposeA: boolean; transposeB: boolean; activation?: string; leakyreluAlpha?: number};
  backend: WasmBackend;
}

/** tfjs's kernel of each activation that a fused product can have. */
const activations = {
  relu: 'Relu',
  relu6: 'Relu6',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
  sigmoid: 'Sigmoid',
  elu: 'Elu',
} as const;

/** `[..., rows, columns]` of a factor as it enters the product. */
function matrixShape({shape}: TensorInfo, transposed: boolean): {batch: number[]; rows: number; columns: number} {
  const [first, second] = shape.slice(-2) as [number, number];
  return {batch: shape.slice(0, -2), rows: transposed ? second : first, columns: transposed ? first : second};
}

/** Which matrix of a factor with the axes `batch` belongs to each of the products with the axes `broadcast`. */
function matrixIndices(batch: number[], broadcast: number[]): Int32Array {
  let indices = Int32Array.of(0);
  const missing = broadcast.length - batch.length;
  broadcast.forEach((length, axis) => {
    const own = axis < missing ? 1 : batch[axis - missing]!;
    const next = new Int32Array(indices.length * length);
    indices.forEach((index, position) => {
      for (let n = 0; n < length; n++) next[position * length + n] = index * own + (own === 1 ? 0 : n);
    });
    indices = next;
  });
  return indices;
}

/** Whether tfjs has this product done by XNNPACK, or has an error to throw. */
function isForStock({inputs: {a, b}, attrs: {transposeA, transposeB, activation}}: MatrixMultiplyCall): boolean {
  if (activation && activation !== 'linear' && !(activation in activations)) return true;
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || a.shape.length < 2 || b.shape.length < 2) return true;
  const [left, right] = [matrixShape(a, transposeA), matrixShape(b, transposeB)];
  if (left.columns !== right.rows) return true;
  const single = [left.batch, right.batch].every((batch) => util.sizeFromShape(batch) === 1);
  return single && !transposeA && !transposeB && left.columns > 0;
}

function matrixMultiply({inputs: {a, b}, attrs: {transposeA, transposeB}, backend}: MatrixMultiplyCall): TensorInfo {
  const [left, right] = [matrixShape(a, transposeA), matrixShape(b, transposeB)];
  const broadcast = broadcast_util.assertAndGetBroadcastShape(left.batch, right.batch);
  const [leftIndices, rightIndices] = [matrixIndices(left.batch, broadcast), matrixIndices(right.batch, broadcast)];
  const {rows, columns: depth} = left;
  const {columns} = right;
  const products = output(backend, [...broadcast, rows, columns]);
  const [leftAt, rightAt] = [pointer(backend, a), pointer(backend, b)];
  const {matrixProduct} = wasmKernels(backend);
  leftIndices.forEach((leftIndex, index) => {
    const from = leftAt + 4 * leftIndex * rows * depth;
    const by = rightAt + 4 * rightIndices[index]! * depth * columns;
    const to = products.at + 4 * index * rows * columns;
    matrixProduct(rows, columns, depth, from, transposeA, by, transposeB, to, false);
  });
  return products.tensor;
}

function fusedMatrixMultiply(call: MatrixMultiplyCall): TensorInfo {
  const {inputs, attrs, backend} = call;
  let result = matrixMultiply(call);
  const apply = (kernelName: string, kernelInputs: Record<string, TensorInfo>, kernelAttrs?: object) => {
    const next = runKernel(kernelName, kernelInputs, backend, 'wasm', kernelAttrs);
    backend.disposeData(result.dataId);
    result = next;
  };
  if (inputs.bias) apply('Add', {a: result, b: inputs.bias});
  const activation = activations[attrs.activation as keyof typeof activations];
  if (activation === 'Prelu') apply(activation, {x: result, alpha: inputs.preluActivationWeights!});
  else if (activation) apply(activation, {x: result, features: result}, {alpha: attrs.leakyreluAlpha});
  return result;
}

function inPlaceOfStock(kernelName: string, ours: (call: MatrixMultiplyCall) => TensorInfo): KernelReplacement {
  const around = (stock: KernelFunc) => (call: Parameters<KernelFunc>[0]) => {
    const product = call as unknown as MatrixMultiplyCall;
    return isForStock(product) ? stock(call) : ours(product);
  };
  return {kernelName, backendName: 'wasm', around};
}

export const batchMatrixMultiplyWasm = [
  inPlaceOfStock('BatchMatMul', matrixMultiply),
  inPlaceOfStock('_FusedMatMul', fusedMatrixMultiply),
];
