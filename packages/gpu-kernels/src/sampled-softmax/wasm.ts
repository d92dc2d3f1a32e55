// The scores of a sampled softmax on tfjs-backend-wasm (assembly/sampled-softmax.ts).
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WasmBackend;
}

function forward({inputs: {inputs, targets, samples}, backend}: Call<'inputs' | 'targets' | 'samples'>): TensorInfo {
  const [batch, width] = inputs.shape as [number, number];
  const count = samples.shape[0]!;
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  const logits = output(backend, [batch, 1 + count]);
  wasmKernels(backend).sampledLogitsForward(batch, width, count, at(inputs), at(targets), at(samples), logits.at);
  return logits.tensor;
}

function backward({
  inputs: {inputs, targets, samples, gradient},
  backend,
}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>): TensorInfo[] {
  const [batch, width] = inputs.shape as [number, number];
  const results = [inputs, targets, samples].map(({shape}) => output(backend, shape));
  wasmKernels(backend).sampledLogitsBackward(
    batch,
    width,
    samples.shape[0]!,
    pointer(backend, inputs),
    pointer(backend, targets),
    pointer(backend, samples),
    pointer(backend, gradient),
    results[0]!.at,
    results[1]!.at,
    results[2]!.at,
  );
  return results.map(({tensor}) => tensor);
}

export const sampledLogitsWasm = [
  {kernelName: 'SampledLogits', backendName: 'wasm', kernelFunc: forward},
  {kernelName: 'SampledLogitsGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as KernelConfig[];
