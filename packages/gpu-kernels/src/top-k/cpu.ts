// The k largest of each row in plain JavaScript; on tfjs-backend-webgl too (webgl.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type HostBackend, output, read} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {selectLargest} from './select-largest';
import {notComparable} from './top-k';

interface Call {
  inputs: {logits: TensorInfo; scores?: TensorInfo};
  attrs: {k: number; logProbabilities: boolean};
  backend: HostBackend;
}

export function topKOnHost({inputs: {logits, scores}, attrs: {k, logProbabilities}, backend}: Call): TensorInfo[] {
  const [batch, classes] = logits.shape as [number, number];
  const all = read(backend, logits);
  const added = scores && read(backend, scores);
  const values = new Float32Array(batch * k);
  const ids = new Int32Array(batch * k);
  for (let row = 0; row < batch; row++) {
    const numbers = all.subarray(row * classes, (row + 1) * classes);
    const best = selectLargest(numbers, k);
    if (!best) throw notComparable('topK', row);
    const shift = (added?.[row] ?? 0) - (logProbabilities ? logSumExp(numbers, best.values[0]!) : 0);
    for (let rank = 0; rank < k; rank++) values[row * k + rank] = best.values[rank]! + shift;
    ids.set(best.ids, row * k);
  }
  return [output(backend, [batch, k], values), backend.makeTensorInfo([batch, k], 'int32', ids)];
}

function logSumExp(values: Float32Array, largest: number): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += Math.exp(values[at]! - largest);
  return largest + Math.log(sum);
}

export const topKCPU = [
  {kernelName: 'TopKDecoding', backendName: 'cpu', kernelFunc: topKOnHost, supports: () => true},
] as unknown as SelectiveKernel[];
