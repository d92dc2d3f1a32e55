// tf.unsortedSegmentSum on tfjs-backend-wasm, which has none: without it no model with an embedding can be trained there,
// because it is the gradient of tf.gather. Every row is added to its segment (assembly/rows.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelReplacement} from '../backends/replace-kernel';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {ShapeError} from '../errors/shape-error';
import {addRowsToSegments, isRowWise, rowWidth, type SegmentSumCall} from './segments';

function unsortedSegmentSum(call: SegmentSumCall<WasmBackend>): TensorInfo {
  const {
    inputs: {x, segmentIds},
    attrs: {numSegments},
    backend,
  } = call;
  if (!isRowWise(call)) {
    throw new ShapeError(
      `unsortedSegmentSum: x is ${x.dtype} [${x.shape.join(', ')}] and segmentIds [${segmentIds.shape.join(', ')}], ` +
        'expected float32 or int32 [N, ...] and [N]. Flatten ids of a higher rank, and the same axes of x, with tf.reshape.',
    );
  }
  const [rows, width] = [segmentIds.shape[0]!, rowWidth(x)];
  const [source, ids] = [pointer(backend, x), pointer(backend, segmentIds)];
  const sums = output(backend, [numSegments, ...x.shape.slice(1)], x.dtype as 'float32' | 'int32');
  if (x.dtype === 'float32') {
    wasmKernels(backend).unsortedSegmentSum(rows, width, source, ids, numSegments, sums.at);
  } else {
    const integers = (at: number, count: number) => new Int32Array(backend.wasm.HEAPU8.buffer, at, count);
    const target = integers(sums.at, numSegments * width).fill(0);
    addRowsToSegments(integers(source, rows * width), integers(ids, rows), width, target);
  }
  return sums.tensor;
}

export const unsortedSegmentSumWasm: KernelReplacement[] = [
  {
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    around: () => (call) => unsortedSegmentSum(call as unknown as SegmentSumCall<WasmBackend>),
  },
];
