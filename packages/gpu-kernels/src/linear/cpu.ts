// x W + b in plain JavaScript.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, output} from '../backends/cpu-memory';
import {addProduct, rowMajor, transposed} from '../matrix-product/cpu';
import {addColumnSums, fillRows} from '../rows/cpu';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: CPUBackend;
}

function rowsOf({shape}: TensorInfo): number {
  return shape.slice(0, -1).reduce((product, size) => product * size, 1);
}

function forward({inputs: {x, kernel, bias}, backend}: Call<'x' | 'kernel' | 'bias'>): TensorInfo {
  const [inputSize, outputSize] = kernel.shape as [number, number];
  const values = floats(backend, x);
  const rows = rowsOf(x);
  const y = new Float32Array(rows * outputSize);
  fillRows(rows, floats(backend, bias), y);
  const weights = rowMajor(floats(backend, kernel), outputSize);
  addProduct(rows, outputSize, inputSize, rowMajor(values, inputSize), weights, y);
  return output(backend, [...x.shape.slice(0, -1), outputSize], y);
}

function backward({inputs: {x, kernel, gradient}, backend}: Call<'x' | 'kernel' | 'gradient'>): TensorInfo[] {
  const [inputSize, outputSize] = kernel.shape as [number, number];
  const values = floats(backend, x);
  const rows = rowsOf(x);
  const upstream = floats(backend, gradient);
  const xGradient = new Float32Array(values.length);
  const kernelGradient = new Float32Array(inputSize * outputSize);
  const biasGradient = new Float32Array(outputSize);
  const right = transposed(floats(backend, kernel), outputSize);
  addProduct(rows, inputSize, outputSize, rowMajor(upstream, outputSize), right, xGradient);
  const left = transposed(values, inputSize);
  addProduct(inputSize, outputSize, rows, left, rowMajor(upstream, outputSize), kernelGradient);
  addColumnSums(rows, upstream, biasGradient);
  return [
    output(backend, x.shape, xGradient),
    output(backend, kernel.shape, kernelGradient),
    output(backend, [outputSize], biasGradient),
  ];
}

export const linearCPU = [
  {kernelName: 'Linear', backendName: 'cpu', kernelFunc: forward},
  {kernelName: 'LinearGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as KernelConfig[];
