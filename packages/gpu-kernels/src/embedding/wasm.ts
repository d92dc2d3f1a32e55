// Rows of a table on tfjs-backend-wasm (assembly/embedding.ts).
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {allocate, output, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';

function countOf({shape}: TensorInfo): number {
  return shape.reduce((product, size) => product * size, 1);
}

function embeddingLookup({
  inputs: {table, ids},
  backend,
}: {
  inputs: {table: TensorInfo; ids: TensorInfo};
  backend: WasmBackend;
}): TensorInfo {
  const [size, width] = table.shape as [number, number];
  expectIds('embeddingLookup: ids', backend, ids, size);
  const found = output(backend, [...ids.shape, width]);
  const [from, wanted] = [pointer(backend, table), pointer(backend, ids)];
  wasmKernels(backend).lookUpRows(countOf(ids), width, from, wanted, found.at);
  return found.tensor;
}

function sumRows({
  inputs: {ids, values},
  backend,
}: {
  inputs: {ids: TensorInfo[]; values: TensorInfo[]};
  backend: WasmBackend;
}): TensorInfo[] {
  const width = values[0]!.shape[1]!;
  const count = ids.reduce((sum, part) => sum + countOf(part), 0);
  const slots = 2 ** Math.ceil(Math.log2(2 * count + 1));
  // As much memory as if all ids were distinct; the tensors over it are as large as the sums turn out to be.
  const [sumIds, sums, places] = [4 * count, 4 * count * width, 4 * slots].map((bytes) => allocate(backend, bytes)) as [
    number,
    number,
    number,
  ];
  new Int32Array(backend.wasm.HEAPU8.buffer, places, slots).fill(-1);
  const kernels = wasmKernels(backend);
  let found = 0;
  ids.forEach((part, index) => {
    const [at, rows] = [pointer(backend, part), pointer(backend, values[index]!)];
    found = kernels.sumRows(countOf(part), width, at, rows, places, slots, found, sumIds, sums);
  });
  backend.wasm._free(places);
  return [backend.makeOutput([found], 'int32', sumIds), backend.makeOutput([found, width], 'float32', sums)];
}

export const embeddingWasm = [
  {kernelName: 'EmbeddingLookup', backendName: 'wasm', kernelFunc: embeddingLookup},
  {kernelName: 'SumRows', backendName: 'wasm', kernelFunc: sumRows},
] as unknown as KernelConfig[];
