// The loss against shared samples on tfjs-backend-wasm (assembly/sampled-loss.ts).
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {allocate, output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';
import type {SampledLossAttributes, SampledLossTensors} from './sampled-loss';

function sampledLoss({
  inputs: given,
  attrs: {logistic, removeHits, weight, scale},
  backend,
}: {
  inputs: SampledLossTensors<TensorInfo>;
  attrs: SampledLossAttributes;
  backend: WasmBackend;
}): TensorInfo[] {
  const [batch, width] = given.inputs.shape as [number, number];
  const count = given.samples.shape[0]!;
  const size = given.table.shape[0]!;
  expectIds('sampledLoss: targets', backend, given.targets, size);
  expectIds('sampledLoss: samples', backend, given.samples, size);
  const at = (tensor: TensorInfo | undefined) => (tensor ? pointer(backend, tensor) : 0);
  const loss = output(backend, []);
  const ofInputs = output(backend, given.inputs.shape);
  // As much memory as if all ids were distinct; the tensors over it are as large as the sums turn out to be.
  const most = batch + count;
  const slots = 2 ** Math.ceil(Math.log2(2 * most + 1));
  const [places, ids, sums] = [slots, most, most * width].map((values) => allocate(backend, 4 * values)) as [
    number,
    number,
    number,
  ];
  const biasSums = given.biases ? allocate(backend, 4 * most) : 0;
  new Int32Array(backend.wasm.HEAPU8.buffer, places, slots).fill(-1);
  const found = wasmKernels(backend).sampledLoss(
    batch,
    width,
    count,
    at(given.inputs),
    at(given.table),
    at(given.biases),
    at(given.targets),
    at(given.samples),
    at(given.targetLogCounts),
    at(given.sampleLogCounts),
    logistic,
    removeHits,
    weight,
    scale,
    places,
    slots,
    loss.at,
    ofInputs.at,
    ids,
    sums,
    biasSums,
  );
  backend.wasm._free(places);
  const rows = [backend.makeOutput([found], 'int32', ids), backend.makeOutput([found, width], 'float32', sums)];
  if (biasSums) rows.push(backend.makeOutput([found], 'float32', biasSums));
  return [loss.tensor, ofInputs.tensor, ...rows];
}

export const sampledLossWasm = [
  {kernelName: 'SampledLoss', backendName: 'wasm', kernelFunc: sampledLoss},
] as unknown as KernelConfig[];
