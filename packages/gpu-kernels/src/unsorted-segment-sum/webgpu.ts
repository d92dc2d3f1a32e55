// tf.unsortedSegmentSum on tfjs-backend-webgpu, in place of tfjs's, whose atomics add the rows of a segment in the order they
// happen to come, so that the same training twice ended with other bits, and are wrong for int32. Here they are added in the order of
// the rows.
import type {KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import type {KernelReplacement} from '../backends/replace-kernel';
import {output, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {sumRows} from '../rows/webgpu';
import {isRowWise, type SegmentSumCall} from './segments';

/** Every row is held against every other to find those of its segment; where there are more float32 rows atomics are faster. */
const mostRows = 8192;

function unsortedSegmentSum(call: SegmentSumCall<WebGPUBackend>, stock: KernelFunc): TensorInfo {
  const {
    inputs: {x, segmentIds},
    attrs: {numSegments},
    backend,
  } = call;
  if (!isRowWise(call) || (x.dtype === 'float32' && x.shape[0]! > mostRows)) {
    return stock(call as unknown as Parameters<KernelFunc>[0]) as TensorInfo;
  }
  const sums = output(backend, [numSegments, ...x.shape.slice(1)], x.dtype as 'float32' | 'int32');
  sumRows(backend, {ids: segmentIds, source: x, table: sums}, {clamped: false});
  return sums;
}

export const unsortedSegmentSumWebGPU: KernelReplacement[] = [
  {
    kernelName: 'UnsortedSegmentSum',
    backendName: 'webgpu',
    around: (stock) => (call) => unsortedSegmentSum(call as unknown as SegmentSumCall<WebGPUBackend>, stock),
  },
];
