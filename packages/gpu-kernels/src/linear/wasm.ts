// x W + b on tfjs-backend-wasm (assembly/linear.ts).
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WasmBackend;
}

function rowsOf(x: TensorInfo): number {
  return x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
}

function forward({inputs: {x, kernel, bias}, backend}: Call<'x' | 'kernel' | 'bias'>): TensorInfo {
  const [inputSize, outputSize] = kernel.shape as [number, number];
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const y = output(backend, [...x.shape.slice(0, -1), outputSize]);
  wasmKernels(backend).linearForward(rowsOf(x), inputSize, outputSize, at(x), at(kernel), at(bias), y.at);
  return y.tensor;
}

function backward({inputs: {x, kernel, gradient}, backend}: Call<'x' | 'kernel' | 'gradient'>): TensorInfo[] {
  const [inputSize, outputSize] = kernel.shape as [number, number];
  const results = [output(backend, x.shape), output(backend, kernel.shape), output(backend, [outputSize])] as const;
  wasmKernels(backend).linearBackward(
    rowsOf(x),
    inputSize,
    outputSize,
    pointer(backend, x),
    pointer(backend, kernel),
    pointer(backend, gradient),
    results[0].at,
    results[1].at,
    results[2].at,
  );
  return results.map(({tensor}) => tensor);
}

export const linearWasm = [
  {kernelName: 'Linear', backendName: 'wasm', kernelFunc: forward},
  {kernelName: 'LinearGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as KernelConfig[];
