// Softmax cross-entropy on WebGPU. With few classes an invocation takes a row to itself; with many, a workgroup shares the
// row and folds in a tree. One workgroup then adds up the losses, in a tree too. Backward each invocation makes one number.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {activationCode} from '../backends/webgpu-activation';
import {dispatch, output, sizeOf, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {foldCode} from '../backends/webgpu-fold';
import type {Reduction} from './sparse-cross-entropy';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  attrs: {reduction: Reduction};
  backend: WebGPUBackend;
}

/** From this many classes on a workgroup shares a row. */
const many = 256;

const lanes = 64;

const label = (row: string) => `u32(clamp(labels[${row}], 0, i32(uniforms.classes) - 1))`;

function forward({inputs: {logits, labels}, attrs: {reduction}, backend}: Call<'logits' | 'labels'>): TensorInfo[] {
  const classes = logits.shape.at(-1)!;
  const rows = sizeOf(labels);
  const losses = output(backend, labels.shape);
  const logSumExp = output(backend, labels.shape);
  const shared = classes >= many;
  dispatch(backend, {
    key: `sparseCrossEntropy/${shared ? 'shared' : 'alone'}`,
    code: () => `${activationCode()}
      ${shared ? foldCode(lanes) : 'fn fold(lane: u32, value: f32, largest: bool) -> f32 { return value; }'}
      fn run(group: u32, lane: u32) {
        let row = ${shared ? 'group' : `group * ${lanes} + lane`};
        let first = ${shared ? 'lane' : '0u'};
        let start = row * uniforms.classes;
        var largest = -3.4028234e38;
        for (var at = first; at < uniforms.classes; at += ${shared ? lanes : 1}) {
          largest = max(largest, logits[start + at]);
        }
        largest = fold(lane, largest, true);
        var sum = 0.0;
        for (var at = first; at < uniforms.classes; at += ${shared ? lanes : 1}) {
          sum += exponential(logits[start + at] - largest);
        }
        sum = fold(lane, sum, false);
        if (row < uniforms.rows && ${shared ? 'lane == 0' : 'true'}) {
          let normaliser = largest + select(log(sum), sum, isNaN(sum));
          logSumExp[row] = normaliser;
          losses[row] = normaliser - logits[start + ${label('row')}];
        }
      }`,
    ...{workgroupSize: lanes, workgroups: shared ? rows : Math.ceil(rows / lanes)},
    inputs: {logits, labels},
    outputs: {losses, logSumExp},
    integers: {rows, classes},
  });
  if (reduction === 'none') return [losses, logSumExp];
  const total = reduce(backend, losses, reduction);
  backend.disposeData(losses.dataId);
  return [total, logSumExp];
}

/** The sum or the mean of all losses, a scalar. */
function reduce(backend: WebGPUBackend, losses: TensorInfo, reduction: Reduction): TensorInfo {
  const rows = sizeOf(losses);
  if (rows === 0) return backend.makeTensorInfo([], 'float32', Float32Array.of(reduction === 'sum' ? 0 : Number.NaN));
  const total = output(backend, []);
  dispatch(backend, {
    key: 'reduceLosses',
    code: () => `${foldCode(lanes)}
      fn run(group: u32, lane: u32) {
        var sum = 0.0;
        for (var row = lane; row < uniforms.rows; row += ${lanes}) { sum += losses[row]; }
        sum = fold(lane, sum, false);
        if (lane == 0) { total[0] = sum / uniforms.divisor; }
      }`,
    ...{workgroupSize: lanes, workgroups: 1, inputs: {losses}, outputs: {total}},
    integers: {rows},
    floats: {divisor: reduction === 'sum' ? 1 : rows},
  });
  return total;
}

function backward({
  inputs,
  attrs: {reduction},
  backend,
}: Call<'logits' | 'labels' | 'logSumExp' | 'gradient'>): TensorInfo {
  const {logits, labels} = inputs;
  const result = output(backend, logits.shape);
  const size = sizeOf(logits);
  dispatch(backend, {
    key: `sparseCrossEntropyGradient/${reduction === 'none' ? 'each' : 'all'}`,
    code: () => `${activationCode()}
    fn run(group: u32, lane: u32) {
      let index = group * ${lanes} + lane;
      if (index >= uniforms.size) { return; }
      let row = index / uniforms.classes;
      let scale = gradient[${reduction === 'none' ? 'row' : '0'}] / uniforms.divisor;
      let expected = select(0.0, scale, index % uniforms.classes == ${label('row')});
      result[index] = exponential(logits[index] - logSumExp[row]) * scale - expected;
    }`,
    ...{workgroupSize: lanes, workgroups: Math.ceil(size / lanes)},
    inputs,
    outputs: {result},
    integers: {size, classes: logits.shape.at(-1)!},
    floats: {divisor: reduction === 'mean' ? sizeOf(labels) : 1},
  });
  return result;
}

export const sparseCrossEntropyWebGPU = [
  {kernelName: 'SparseCrossEntropy', backendName: 'webgpu', kernelFunc: forward},
  {kernelName: 'SparseCrossEntropyGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
