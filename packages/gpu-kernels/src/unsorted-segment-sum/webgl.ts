// tf.unsortedSegmentSum on tfjs-backend-webgl, in place of tfjs's, which reads all rows for every value of every segment:
// here a segment reads its own rows only (rows/webgl.ts).
import type {KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelReplacement} from '../backends/replace-kernel';
import {reshaped, type WebGLBackend} from '../backends/webgl-program';
import {sumRowsAt} from '../rows/webgl';
import {isRowWise, rowWidth, type SegmentSumCall} from './segments';

function unsortedSegmentSum(call: SegmentSumCall<WebGLBackend>, stock: KernelFunc): TensorInfo {
  const {
    inputs: {x, segmentIds},
    attrs: {numSegments},
    backend,
  } = call;
  if (!isRowWise(call) || x.dtype !== 'float32') {
    return stock(call as unknown as Parameters<KernelFunc>[0]) as TensorInfo;
  }
  const rows = reshaped(x, [x.shape[0]!, rowWidth(x)]);
  const sums = sumRowsAt(backend, rows, segmentIds, numSegments, {clamped: false});
  return reshaped(sums, [numSegments, ...x.shape.slice(1)]);
}

export const unsortedSegmentSumWebGL: KernelReplacement[] = [
  {
    kernelName: 'UnsortedSegmentSum',
    backendName: 'webgl',
    around: (stock) => (call) => unsortedSegmentSum(call as unknown as SegmentSumCall<WebGLBackend>, stock),
  },
];
