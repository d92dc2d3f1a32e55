// A model that writes on tfjs-backend-wasm: all steps in one call of our own module (assembly/sample-sequence.ts).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {allocate, copyFloats, output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';
import {notComparable} from '../top-k/top-k';
import type {SampleSequenceAttributes, SampleSequenceTensors} from './sample-sequence';

interface Call {
  inputs: SampleSequenceTensors;
  attrs: SampleSequenceAttributes;
  backend: WasmBackend;
}

/** Numbers that describe a layer to the module: `Layer` of assembly/sample-sequence.ts. */
const fields = 8;

function forward({inputs, attrs, backend}: Call): TensorInfo[] {
  const {ids, table, kernel, recurrentKernel, bias, outputKernel, outputBias} = inputs;
  const {steps, cell, seed, temperature, topK, topP} = attrs;
  const [batch, classes] = [ids.shape[0]!, outputBias.shape[0]!];
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  wasmKernels(backend).wakeThreads(); // they are up by the time there is work to share
  expectIds('sampleSequence: ids', backend, ids, classes);

  const copyOf = (state: TensorInfo) => {
    const copy = output(backend, state.shape);
    copyFloats(backend, batch * state.shape[1]!, at(state), copy.at);
    return copy;
  };
  const hidden = inputs.hidden.map(copyOf);
  const cells = inputs.cell?.map(copyOf);
  const drawn = output(backend, [steps, batch], 'int32');
  const described = allocate(backend, 4 * fields * kernel.length);
  const layers = kernel.flatMap((weights, layer) => [
    ...[weights.shape[0]!, recurrentKernel[layer]!.shape[0]!],
    ...[at(weights), at(recurrentKernel[layer]!), at(bias[layer]!), hidden[layer]!.at, cells?.[layer]?.at ?? 0, 0],
  ]);
  new Int32Array(backend.wasm.HEAPU8.buffer, described, layers.length).set(layers);
  const bad = wasmKernels(backend).sampleSequence(
    ...([steps, batch, classes, kernel.length, cell === 'gru', described] as const),
    ...([table ? at(table) : 0, table?.shape[1] ?? 0, at(outputKernel), at(outputBias), at(ids)] as const),
    ...([seed, temperature, topK, topP, drawn.at] as const),
  );
  backend.wasm._free(described);
  const results = [drawn, ...hidden, ...(cells ?? [])].map(({tensor}) => tensor);
  if (bad < 0) return results;
  for (const {dataId} of results) backend.disposeData(dataId);
  throw notComparable('sampleSequence', bad);
}

export const sampleSequenceWasm = [
  {kernelName: 'SampleSequence', backendName: 'wasm', kernelFunc: forward, supports: () => true},
] as unknown as SelectiveKernel[];
