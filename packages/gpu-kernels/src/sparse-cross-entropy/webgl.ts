// Softmax cross-entropy on tfjs-backend-webgl. The normaliser log Σ exp(logits) of a row is one program where the row is
// short; where it is long, its maximum and its sum are gathered by stages, in which many fragments share a row.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {planes, release, reshaped, run, type WebGLBackend} from '../backends/webgl-program';
import {clampedId} from '../rows/webgl';
import {sumOf} from '../sum/webgl';
import type {Reduction} from './sparse-cross-entropy';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  attrs: {reduction: Reduction};
  backend: WebGLBackend;
}

/** How many values of a row one fragment takes in. */
const span = 128;

/** GLSL: `exp` and `log` that keep NaN, as on some drivers the built-in ones do not. */
const keepNaN = `
  float exponential(float x) { return isnan(x) ? x : exp(x); }
  float logarithm(float x) { return isnan(x) ? x : log(x); }`;

/** The rows of values [A, R, W] folded to [A, R, 1] by stages; the first reads `first` in place of the values. */
function fold(
  backend: WebGLBackend,
  values: TensorInfo,
  step: string,
  {first = 'valuesAt(plane, row, at)', others = {}}: {first?: string; others?: Record<string, TensorInfo>} = {},
): TensorInfo {
  const [count, rows, width] = planes(values.shape);
  const folded = run(backend, {
    inputs: {values, ...others},
    shape: [count, rows, Math.ceil(width / span)],
    code: `${keepNaN}
    float value(int plane, int row, int column) {
      int at = min(column * ${span}, ${width - 1});
      float result = ${first};
      for (at++; at < min((column + 1) * ${span}, ${width}); at++) {
        float next = ${first};
        result = ${step};
      }
      return result;
    }`,
  });
  if (width <= span) return folded;
  const whole = fold(backend, folded, step);
  release(backend, folded);
  return whole;
}

/** log Σ exp(logits) [1, A, R] of logits [A, R, V]. */
function normalisers(backend: WebGLBackend, logits: TensorInfo): TensorInfo {
  const [count, rows, classes] = planes(logits.shape);
  if (classes <= span) {
    return run(backend, {
      inputs: {logits},
      shape: [1, count, rows],
      code: `${keepNaN}
      float value(int plane, int row, int column) {
        float largest = logitsAt(row, column, 0);
        for (int at = 1; at < ${classes}; at++) largest = max(largest, logitsAt(row, column, at));
        float sum = 0.0;
        for (int at = 0; at < ${classes}; at++) sum += exponential(logitsAt(row, column, at) - largest);
        return largest + logarithm(sum);
      }`,
    });
  }
  const largest = fold(backend, logits, 'max(result, next)');
  const sum = fold(backend, logits, 'result + next', {
    first: 'exponential(valuesAt(plane, row, at) - largestAt(plane, row, 0))',
    others: {largest},
  });
  const result = run(backend, {
    inputs: {largest, sum},
    shape: [1, count, rows],
    code: `${keepNaN}
    float value(int plane, int row, int column) {
      return largestAt(row, column, 0) + logarithm(sumAt(row, column, 0));
    }`,
  });
  release(backend, largest, sum);
  return result;
}

function forward({inputs: {logits, labels}, attrs: {reduction}, backend}: Call<'logits' | 'labels'>): TensorInfo[] {
  const [count, rows, classes] = planes(logits.shape);
  const logSumExp = normalisers(backend, logits);
  const losses = run(backend, {
    inputs: {logits, logSumExp, ids: reshaped(labels, [1, count, rows])},
    shape: [1, count, rows],
    code: `
      ${clampedId(classes)}
      float value(int plane, int row, int column) {
        return logSumExpAt(0, row, column) - logitsAt(row, column, idAt(row, column));
      }`,
  });
  const normaliser = reshaped(logSumExp, labels.shape);
  if (reduction === 'none') return [reshaped(losses, labels.shape), normaliser];
  const total = count * rows;
  const loss =
    total === 0 && reduction === 'mean'
      ? backend.makeTensorInfo([], 'float32', Float32Array.of(Number.NaN))
      : sumOf(backend, losses, reduction === 'mean' ? `x * ${(1 / total).toExponential()}` : 'x');
  release(backend, losses);
  return [loss, normaliser];
}

function backward({
  inputs: {logits, labels, logSumExp, gradient},
  attrs: {reduction},
  backend,
}: Call<'logits' | 'labels' | 'logSumExp' | 'gradient'>): TensorInfo {
  const [count, rows, classes] = planes(logits.shape);
  const each = [1, count, rows];
  const scale = {
    none: 'gradientAt(0, plane, row)',
    sum: 'gradientAt(0, 0, 0)',
    mean: `gradientAt(0, 0, 0) * ${(1 / (count * rows)).toExponential()}`,
  }[reduction];
  return run(backend, {
    inputs: {
      logits,
      ids: reshaped(labels, each),
      logSumExp: reshaped(logSumExp, each),
      gradient: reduction === 'none' ? reshaped(gradient, each) : gradient,
    },
    shape: logits.shape,
    code: `
      ${clampedId(classes)}
      ${keepNaN}
      float value(int plane, int row, int column) {
        float probability = exponential(logitsAt(plane, row, column) - logSumExpAt(0, plane, row));
        return (column == idAt(plane, row) ? probability - 1.0 : probability) * ${scale};
      }`,
  });
}

export const sparseCrossEntropyWebGL = [
  {kernelName: 'SparseCrossEntropy', backendName: 'webgl', kernelFunc: forward},
  {kernelName: 'SparseCrossEntropyGrad', backendName: 'webgl', kernelFunc: backward},
] as unknown as KernelConfig[];
