// x W + b on WebGPU: one product forward; backward one for x, and one for W whose left factor has a row of ones below the
// transposed x, so that it gives b's gradient too.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {output, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {addProjection, multiplyTransposed, product, rowsOf} from '../matrix-product/webgpu';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WebGPUBackend;
}

function forward({inputs, backend}: Call<'x' | 'kernel' | 'bias'>): TensorInfo {
  const {x, kernel} = inputs;
  const y = output(backend, [...x.shape.slice(0, -1), kernel.shape[1]!]);
  addProjection(backend, {...inputs, y});
  return y;
}

function backward({inputs: {x, kernel, gradient}, backend}: Call<'x' | 'kernel' | 'gradient'>): TensorInfo[] {
  const [inputSize, outputSize] = kernel.shape as [number, number];
  const xGradient = output(backend, x.shape);
  const inFours = inputSize > 0 && inputSize % 4 === 0;
  const kernelGradient = output(backend, kernel.shape);
  const biasGradient = output(backend, [outputSize]);
  multiplyTransposed(backend, {gradient, kernel, xGradient});
  product(backend, {
    key: 'linearGradient',
    ...{rows: inputSize + 1, columns: outputSize, depth: rowsOf(gradient)},
    inputs: {x, gradient},
    outputs: {kernelGradient, biasGradient},
    integers: {inputSize},
    // Whole fours of rows are all of x or, below it, the ones.
    ...(inFours && {along: 'rows' as const, vectors: ['x']}),
    left: (row, k) =>
      inFours
        ? `select(vec4<f32>(1), x[(${k} * uniforms.inputSize + ${row}) / 4], ${row} < uniforms.inputSize)`
        : `select(1.0, x[${k} * uniforms.inputSize + ${row}], ${row} < uniforms.inputSize)`,
    matrix: 'gradient',
    store: `if (row < uniforms.inputSize) { kernelGradient[row * uniforms.columns + column] = value; }
      else { biasGradient[column] = value; }`,
  });
  return [xGradient, kernelGradient, biasGradient];
}

export const linearWebGPU = [
  {kernelName: 'Linear', backendName: 'webgpu', kernelFunc: forward},
  {kernelName: 'LinearGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
