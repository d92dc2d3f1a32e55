// The LSTM with attention on tfjs-backend-wasm: the whole pass in one call of our own module (assembly/attention-lstm.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {copyFloats, output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';
import {type BackwardCall, differentiable, type ForwardCall, sizesOf} from './shapes';

/** What both passes take first: sizes, inputs and weights, and what is attended to. */
function common({inputs, attrs: {kind, scale}, backend}: ForwardCall<WasmBackend>) {
  const {T, B, I, H, D, S, E} = sizesOf(inputs);
  const at = (tensor?: TensorInfo) => (tensor ? pointer(backend, tensor) : 0);
  const {x, kernel, contextKernel, recurrentKernel, bias, queryKernel, hidden, cell, context} = inputs;
  const {keys, values, lengths, scoreVector} = inputs;
  const fromIds = x.dtype === 'int32';
  return {
    sizes: [T, B, I, H, D, S, E] as const,
    input: [fromIds ? at(x) : 0, fromIds ? 0 : at(x)] as const,
    kernels: [at(kernel), at(contextKernel), at(recurrentKernel)] as const,
    bias: at(bias),
    queryKernel: at(queryKernel),
    attended: [at(keys), at(values), at(lengths), kind === 'additive', at(scoreVector), scale] as const,
    initial: [at(hidden), at(cell), at(context)] as const,
  };
}

function forward(call: ForwardCall<WasmBackend>): TensorInfo[] {
  const {inputs, backend} = call;
  const {T, B, I, H, D, S, E} = sizesOf(inputs);
  if (inputs.x.dtype === 'int32') expectIds('attentionLSTM: x', backend, inputs.x, I);
  const made = (...shape: number[]) => output(backend, shape);
  const [outputs, contexts, weights] = [made(T, B, H), made(T, B, E), made(T, B, S)];
  const [hidden, cell, context] = [made(B, H), made(B, H), made(B, E)];
  const [gates, cells, queries] = [made(T, B, 4 * H), made(T, B, H), made(inputs.queryKernel ? T : 0, B, D)];
  const {sizes, input, kernels, bias, queryKernel, attended, initial} = common(call);
  wasmKernels(backend).attentionLSTMForward(
    ...sizes,
    ...input,
    ...kernels,
    bias,
    queryKernel,
    ...attended,
    ...initial,
    gates.at,
    outputs.at,
    cells.at,
    queryKernel ? queries.at : outputs.at,
    contexts.at,
    weights.at,
  );
  const last = (size: number, states: number, before: TensorInfo) =>
    T > 0 ? states + 4 * (T - 1) * B * size : pointer(backend, before);
  copyFloats(backend, B * H, last(H, outputs.at, inputs.hidden), hidden.at);
  copyFloats(backend, B * H, last(H, cells.at, inputs.cell), cell.at);
  copyFloats(backend, B * E, last(E, contexts.at, inputs.context), context.at);
  return [outputs, contexts, weights, hidden, cell, context, gates, cells, queries].map(({tensor}) => tensor);
}

function backward(call: BackwardCall<WasmBackend>): TensorInfo[] {
  const {inputs, backend} = call;
  const {B, H, E} = sizesOf(inputs);
  const at = (name: keyof typeof inputs) => pointer(backend, inputs[name]!);
  const names = differentiable(inputs);
  const results = names.map((name) => output(backend, inputs[name]!.shape));
  const of = (name: (typeof names)[number]) => results[names.indexOf(name)]?.at ?? 0;
  // `gates` is used up: it was kept for this pass alone, and becomes the gradient of the pre-activations in place.
  // The kernel carries the gradients of the state back in place, from the final state to the initial one.
  copyFloats(backend, B * H, at('hiddenGradient'), of('hidden'));
  copyFloats(backend, B * H, at('cellGradient'), of('cell'));
  copyFloats(backend, B * E, at('contextGradient'), of('context'));
  const {sizes, input, kernels, queryKernel, attended, initial} = common(call);
  wasmKernels(backend).attentionLSTMBackward(
    ...sizes,
    ...input,
    ...kernels,
    queryKernel,
    ...attended,
    ...initial,
    at('gates'),
    at('outputs'),
    at('cells'),
    at(queryKernel ? 'queries' : 'outputs'),
    at('contexts'),
    at('weights'),
    at('outputsGradient'),
    at('contextsGradient'),
    at('weightsGradient'),
    of('hidden'),
    of('cell'),
    of('context'),
    of('x'),
    of('kernel'),
    of('contextKernel'),
    of('recurrentKernel'),
    of('bias'),
    of('queryKernel'),
    of('keys'),
    of('values'),
    of('scoreVector'),
  );
  return results.map(({tensor}) => tensor);
}

const supports = () => true;

export const attentionLSTMWasm = [
  {kernelName: 'AttentionLSTM', backendName: 'wasm', kernelFunc: forward, supports},
  {kernelName: 'AttentionLSTMGrad', backendName: 'wasm', kernelFunc: backward},
] as unknown as SelectiveKernel[];
