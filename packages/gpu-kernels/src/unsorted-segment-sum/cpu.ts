// tf.unsortedSegmentSum in plain JavaScript, in place of tfjs's, which runs over all rows once for every segment: minutes
// where it is the gradient of a look-up in a table of 50,000 rows. Here every row is added to its segment. Like tfjs's on
// webgl, and like TensorFlow's, int32 rows have int32 sums.
import type {KernelFunc, TensorInfo} from '@tensorflow/tfjs-core';
import type {CPUBackend} from '../backends/cpu-memory';
import type {KernelReplacement} from '../backends/replace-kernel';
import {addRowsToSegments, isRowWise, rowWidth, type SegmentSumCall} from './segments';

function unsortedSegmentSum(call: SegmentSumCall<CPUBackend>, stock: KernelFunc): TensorInfo {
  if (!isRowWise(call)) return stock(call as unknown as Parameters<KernelFunc>[0]) as TensorInfo;
  const {
    inputs: {x, segmentIds},
    attrs: {numSegments},
    backend,
  } = call;
  const width = rowWidth(x);
  const values = backend.data.get(x.dataId).values;
  const ids = backend.data.get(segmentIds.dataId).values as Int32Array;
  const sums = x.dtype === 'int32' ? new Int32Array(numSegments * width) : new Float32Array(numSegments * width);
  addRowsToSegments(values as typeof sums, ids, width, sums);
  return backend.makeTensorInfo([numSegments, ...x.shape.slice(1)], x.dtype, sums);
}

export const unsortedSegmentSumCPU: KernelReplacement[] = [
  {
    kernelName: 'UnsortedSegmentSum',
    backendName: 'cpu',
    around: (stock) => (call) => unsortedSegmentSum(call as unknown as SegmentSumCall<CPUBackend>, stock),
  },
];
