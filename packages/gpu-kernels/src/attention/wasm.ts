// Attention on tfjs-backend-wasm (assembly/attention.ts).
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {type AttentionCall, sizesOf} from './shapes';

function forward({inputs, attrs: {kind, scale}, backend}: AttentionCall<WasmBackend>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const at = (tensor?: TensorInfo) => (tensor ? pointer(backend, tensor) : 0);
  const context = output(backend, [T, B, E]);
  const weights = output(backend, [T, B, S]);
  wasmKernels(backend).attentionForward(
    ...([T, B, D, S, E] as const),
    at(inputs.query),
    at(inputs.keys),
    at(inputs.values),
    at(inputs.lengths),
    kind === 'additive',
    at(inputs.scoreVector),
    scale,
    context.at,
    weights.at,
  );
  return [context.tensor, weights.tensor];
}

function backward({
  inputs,
  attrs: {kind, scale},
  backend,
}: AttentionCall<WasmBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const at = (tensor?: TensorInfo) => (tensor ? pointer(backend, tensor) : 0);
  const query = output(backend, [T, B, D]);
  const keys = output(backend, [S, B, D]);
  const values = output(backend, [S, B, E]);
  const scoreVector = kind === 'additive' ? output(backend, [D]) : undefined;
  wasmKernels(backend).attentionBackward(
    ...([T, B, D, S, E] as const),
    at(inputs.query),
    at(inputs.keys),
    at(inputs.values),
    at(inputs.lengths),
    kind === 'additive',
    at(inputs.scoreVector),
    scale,
    at(inputs.weights),
    at(inputs.contextGradient),
    at(inputs.weightsGradient),
    query.at,
    keys.at,
    values.at,
    scoreVector?.at ?? 0,
  );
  return [query.tensor, keys.tensor, values.tensor, ...(scoreVector ? [scoreVector.tensor] : [])];
}

export const attentionWasm = [
  {kernelName: 'Attention', backendName: 'wasm', kernelFunc: forward},
  {kernelName: 'AttentionGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as KernelConfig[];
