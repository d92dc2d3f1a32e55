// Rows of a table in plain JavaScript: a copy for each id, and for the gradient a map from id to the row of its sum.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import {expectIds} from '../rows/cpu';

function embeddingLookup({
  inputs: {table, ids},
  backend,
}: {
  inputs: {table: TensorInfo; ids: TensorInfo};
  backend: CPUBackend;
}): TensorInfo {
  const [size, width] = table.shape as [number, number];
  const [rows, wanted] = [floats(backend, table), integers(backend, ids)];
  expectIds('embeddingLookup: ids', wanted, size);
  const found = new Float32Array(wanted.length * width);
  wanted.forEach((id, index) => {
    found.set(rows.subarray(id * width, (id + 1) * width), index * width);
  });
  return output(backend, [...ids.shape, width], found);
}

function sumRows({
  inputs: {ids, values},
  backend,
}: {
  inputs: {ids: TensorInfo[]; values: TensorInfo[]};
  backend: CPUBackend;
}): TensorInfo[] {
  const width = values[0]!.shape[1]!;
  const places = new Map<number, number>();
  for (const part of ids) {
    for (const id of integers(backend, part)) if (!places.has(id)) places.set(id, places.size);
  }
  const sums = new Float32Array(places.size * width);
  values.forEach((part, index) => {
    const rows = floats(backend, part);
    let from = 0;
    for (const id of integers(backend, ids[index]!)) {
      for (let at = places.get(id)! * width, end = at + width; at < end; at++, from++) sums[at]! += rows[from]!;
    }
  });
  return [
    backend.makeTensorInfo([places.size], 'int32', Int32Array.from(places.keys())),
    output(backend, [places.size, width], sums),
  ];
}

export const embeddingCPU = [
  {kernelName: 'EmbeddingLookup', backendName: 'cpu', kernelFunc: embeddingLookup},
  {kernelName: 'SumRows', backendName: 'cpu', kernelFunc: sumRows},
] as unknown as KernelConfig[];
