// The GRU on tfjs-backend-wasm: the whole pass in one call of our own module (assembly/gru.ts), in place on the tensors'
// memory.

import type {NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {copyFloats, output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';
import type {RecurrentAttributes} from '../sequence/attributes';
import {sequenceSizes} from '../sequence/sizes';

interface Call {
  inputs: NamedTensorInfoMap;
  attrs?: RecurrentAttributes;
  backend: WasmBackend;
}

function forward({inputs, attrs, backend}: Call): TensorInfo[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const tensors = inputs as Record<string, TensorInfo>;
  const reverse = attrs?.reverse ?? false;
  const at = (name: string) => pointer(backend, tensors[name]!);
  const ifGiven = (name: string) => (tensors[name] ? at(name) : 0);
  if (fromIds) expectIds('gru: x', backend, tensors.x!, inputSize);

  const outputs = output(backend, [steps, batch, hiddenSize]);
  const finalState = output(backend, [batch, hiddenSize]);
  const gates = output(backend, [steps, batch, 3 * hiddenSize]);
  wasmKernels(backend).gruForward(
    steps,
    batch,
    inputSize,
    hiddenSize,
    fromIds ? at('x') : 0,
    fromIds ? 0 : at('x'),
    at('kernel'),
    at('recurrentKernel'),
    at('bias'),
    at('hidden'),
    gates.at,
    outputs.at,
    ifGiven('lengths'),
    ifGiven('candidateMask'),
    reverse,
  );
  const stateSize = batch * hiddenSize;
  const last = reverse ? 0 : 4 * (steps - 1) * stateSize;
  copyFloats(backend, stateSize, steps > 0 ? outputs.at + last : at('hidden'), finalState.at);
  if (tensors.lengths) wasmKernels(backend).clearPadding(steps, batch, hiddenSize, at('lengths'), outputs.at);
  return [outputs, finalState, gates].map(({tensor}) => tensor);
}

function backward({inputs, attrs, backend}: Call): TensorInfo[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const tensors = inputs as Record<string, TensorInfo>;
  const at = (name: string) => pointer(backend, tensors[name]!);
  const ifGiven = (name: string) => (tensors[name] ? at(name) : 0);
  const width = 3 * hiddenSize;

  const kernel = output(backend, [inputSize, width]);
  const recurrentKernel = output(backend, [hiddenSize, width]);
  const bias = output(backend, [width]);
  const hidden = output(backend, [batch, hiddenSize]);
  const results = [kernel, recurrentKernel, bias, hidden];
  if (!fromIds && !attrs?.constantInput) results.push(output(backend, [steps, batch, inputSize]));
  // `gates` is used up: it was kept for this pass alone, and becomes the gradient of the pre-activations in place.
  // The kernel carries the gradient of the state back in place, from the final one to the initial one.
  copyFloats(backend, batch * hiddenSize, at('hiddenGradient'), hidden.at);
  wasmKernels(backend).gruBackward(
    steps,
    batch,
    inputSize,
    hiddenSize,
    fromIds ? at('x') : 0,
    fromIds ? 0 : at('x'),
    at('kernel'),
    at('recurrentKernel'),
    at('hidden'),
    at('gates'),
    at('outputs'),
    at('outputsGradient'),
    hidden.at,
    results[4]?.at ?? 0,
    kernel.at,
    recurrentKernel.at,
    bias.at,
    ifGiven('lengths'),
    ifGiven('candidateMask'),
    attrs?.reverse ?? false,
  );
  return results.map(({tensor}) => tensor);
}

const supports = () => true;

export const gruWasm = [
  {kernelName: 'FusedGRU', backendName: 'wasm', kernelFunc: forward, supports},
  {kernelName: 'FusedGRUGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as SelectiveKernel[];
