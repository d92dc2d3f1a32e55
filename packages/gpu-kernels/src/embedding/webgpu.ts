// Rows of a table on WebGPU. Equal ids are summed without atomics, and so in a fixed order: each row finds the next one of
// its id, and whether it is the first; then the first ones follow the chain. How many there are stays unknown to the
// program around it, so every row keeps its place, and those that are not first become zeros under the id -1.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {dispatch, output, sizeOf, type WebGPUBackend} from '../backends/webgpu-dispatch';

function embeddingLookup({
  inputs: {table, ids},
  backend,
}: {
  inputs: {table: TensorInfo; ids: TensorInfo};
  backend: WebGPUBackend;
}): TensorInfo {
  const [height, width] = table.shape as [number, number];
  const rows = output(backend, [...ids.shape, width]);
  // In fours where rows are whole fours: a load costs the same for four values as for one (docs/decisions/0010).
  const inFours = width % 4 === 0;
  const [size, stride] = [sizeOf(rows), width].map((values) => (inFours ? values / 4 : values)) as [number, number];
  dispatch(backend, {
    key: `embeddingLookup/${inFours ? 4 : 1}`,
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      if (index >= uniforms.size) { return; }
      let row = u32(clamp(ids[index / uniforms.stride], 0, i32(uniforms.height) - 1));
      rows[index] = table[row * uniforms.stride + index % uniforms.stride];
    }`,
    vectors: inFours ? ['table', 'rows'] : [],
    ...{workgroupSize: 64, workgroups: Math.ceil(size / 64)},
    ...{inputs: {table, ids}, outputs: {rows}, integers: {size, stride, height}},
  });
  return rows;
}

/** Several lists of rows as one. */
function concatenate(backend: WebGPUBackend, ids: TensorInfo[], values: TensorInfo[]): [TensorInfo, TensorInfo] {
  const width = values[0]!.shape[1]!;
  const count = ids.reduce((sum, part) => sum + sizeOf(part), 0);
  const [allIds, allValues] = [output(backend, [count], 'int32'), output(backend, [count, width])];
  let first = 0;
  ids.forEach((part, index) => {
    const rows = sizeOf(part);
    dispatch(backend, {
      key: 'appendRows',
      code: () => `fn run(group: u32, lane: u32) {
        let index = group * 64 + lane;
        if (index < uniforms.rows) { allIds[uniforms.first + index] = ids[index]; }
        if (index < uniforms.size) { allValues[uniforms.offset + index] = values[index]; }
      }`,
      ...{workgroupSize: 64, workgroups: Math.ceil(Math.max(rows * width, rows) / 64)},
      inputs: {ids: part, values: values[index]!},
      outputs: {allIds, allValues},
      integers: {rows, size: rows * width, first, offset: first * width},
    });
    first += rows;
  });
  return [allIds, allValues];
}

function sumRows({
  inputs,
  backend,
}: {
  inputs: {ids: TensorInfo[]; values: TensorInfo[]};
  backend: WebGPUBackend;
}): TensorInfo[] {
  const several = inputs.ids.length > 1;
  const [ids, values] = several ? concatenate(backend, inputs.ids, inputs.values) : [inputs.ids[0]!, inputs.values[0]!];
  const [count, width] = values.shape as [number, number];
  const sumIds = output(backend, [count], 'int32');
  const sums = output(backend, [count, width]);
  const next = output(backend, [count], 'int32'); // the next row of the same id, or -1
  dispatch(backend, {
    key: 'chainRows',
    code: () => `fn run(group: u32, lane: u32) {
      let own = group * 64 + lane;
      if (own >= uniforms.count) { return; }
      let id = ids[own];
      var following = -1;
      for (var other = uniforms.count - 1; other > own; other--) {
        if (ids[other] == id) { following = i32(other); }
      }
      var isFirst = true;
      for (var other = 0u; other < own; other++) {
        if (ids[other] == id) { isFirst = false; }
      }
      next[own] = following;
      sumIds[own] = select(-1, id, isFirst);
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil(count / 64)},
    ...{inputs: {ids}, outputs: {next, sumIds}, integers: {count}},
  });
  dispatch(backend, {
    key: 'sumChains',
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      if (index >= uniforms.size) { return; }
      let row = index / uniforms.width;
      let column = index % uniforms.width;
      var sum = 0.0;
      if (sumIds[row] >= 0) {
        for (var at = i32(row); at >= 0; at = next[at]) { sum += values[u32(at) * uniforms.width + column]; }
      }
      sums[index] = sum;
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil((count * width) / 64)},
    ...{inputs: {sumIds, next, values}, outputs: {sums}, integers: {size: count * width, width}},
  });
  for (const {dataId} of several ? [ids, values, next] : [next]) backend.disposeData(dataId);
  return [sumIds, sums];
}

export const embeddingWebGPU = [
  {kernelName: 'EmbeddingLookup', backendName: 'webgpu', kernelFunc: embeddingLookup},
  {kernelName: 'SumRows', backendName: 'webgpu', kernelFunc: sumRows},
] as unknown as KernelConfig[];
