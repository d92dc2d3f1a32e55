// x W + b on tfjs-backend-webgl: one program forward, one a gradient backward.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {WebGLBackend} from '../backends/webgl-program';
import {columnSums, product, transposedProduct} from '../matrix-product/webgl';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WebGLBackend;
}

function forward({inputs: {x, kernel, bias}, backend}: Call<'x' | 'kernel' | 'bias'>): TensorInfo {
  return product(backend, x, kernel, {bias});
}

function backward({inputs: {x, kernel, gradient}, backend}: Call<'x' | 'kernel' | 'gradient'>): TensorInfo[] {
  return [
    product(backend, gradient, kernel, {transposed: true}),
    transposedProduct(backend, x, gradient),
    columnSums(backend, gradient),
  ];
}

export const linearWebGL = [
  {kernelName: 'Linear', backendName: 'webgl', kernelFunc: forward},
  {kernelName: 'LinearGrad', backendName: 'webgl', kernelFunc: backward},
] as unknown as KernelConfig[];
