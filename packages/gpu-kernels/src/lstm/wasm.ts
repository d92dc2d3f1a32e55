// The LSTM on tfjs-backend-wasm: the whole pass in one call of our own module (assembly/lstm.ts), in place on the
// tensors' memory.

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
  if (fromIds) expectIds('lstm: x', backend, tensors.x!, inputSize);

  const outputs = output(backend, [steps, batch, hiddenSize]);
  const finalHidden = output(backend, [batch, hiddenSize]);
  const finalCell = output(backend, [batch, hiddenSize]);
  const gates = output(backend, [steps, batch, 4 * hiddenSize]);
  const cells = output(backend, [steps, batch, hiddenSize]);
  wasmKernels(backend).lstmForward(
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
    at('cell'),
    gates.at,
    outputs.at,
    cells.at,
    ifGiven('lengths'),
    ifGiven('candidateMask'),
    reverse,
  );
  const stateSize = batch * hiddenSize;
  const last = reverse ? 0 : 4 * (steps - 1) * stateSize;
  copyFloats(backend, stateSize, steps > 0 ? outputs.at + last : at('hidden'), finalHidden.at);
  copyFloats(backend, stateSize, steps > 0 ? cells.at + last : at('cell'), finalCell.at);
  if (tensors.lengths) wasmKernels(backend).clearPadding(steps, batch, hiddenSize, at('lengths'), outputs.at);
  return [outputs, finalHidden, finalCell, gates, cells].map(({tensor}) => tensor);
}

function backward({inputs, attrs, backend}: Call): TensorInfo[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const tensors = inputs as Record<string, TensorInfo>;
  const reverse = attrs?.reverse ?? false;
  const at = (name: string) => pointer(backend, tensors[name]!);
  const ifGiven = (name: string) => (tensors[name] ? at(name) : 0);
  const width = 4 * hiddenSize;

  const kernel = output(backend, [inputSize, width]);
  const recurrentKernel = output(backend, [hiddenSize, width]);
  const bias = output(backend, [width]);
  const hidden = output(backend, [batch, hiddenSize]);
  const cell = output(backend, [batch, hiddenSize]);
  const results = [kernel, recurrentKernel, bias, hidden, cell];
  if (!fromIds && !attrs?.constantInput) results.push(output(backend, [steps, batch, inputSize]));
  // `gates` is used up: it was kept for this pass alone, and becomes the gradient of the pre-activations in place.
  // The kernel carries both gradients back in place, from the final state to the initial one.
  copyFloats(backend, batch * hiddenSize, at('hiddenGradient'), hidden.at);
  copyFloats(backend, batch * hiddenSize, at('cellGradient'), cell.at);
  wasmKernels(backend).lstmBackward(
    steps,
    batch,
    inputSize,
    hiddenSize,
    fromIds ? at('x') : 0,
    fromIds ? 0 : at('x'),
    at('kernel'),
    at('recurrentKernel'),
    at('hidden'),
    at('cell'),
    at('gates'),
    at('outputs'),
    at('cells'),
    at('outputsGradient'),
    hidden.at,
    cell.at,
    results[5]?.at ?? 0,
    kernel.at,
    recurrentKernel.at,
    bias.at,
    ifGiven('lengths'),
    ifGiven('candidateMask'),
    reverse,
  );
  return results.map(({tensor}) => tensor);
}

const supports = () => true;

export const lstmWasm = [
  {kernelName: 'FusedLSTM', backendName: 'wasm', kernelFunc: forward, supports},
  {kernelName: 'FusedLSTMGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as SelectiveKernel[];
