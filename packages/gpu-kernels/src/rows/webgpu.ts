// Operations on the rows of a row-major matrix on WebGPU. Equal ids are added up without atomics, and so in a fixed order:
// each row finds the next of its id, and whether it is the first; then the first ones follow the chain.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {clearValues, dispatch, output, sizeOf, type WebGPUBackend} from '../backends/webgpu-dispatch';

/** target[n] = table[ids[n]] + bias; an id outside the table is taken for the nearest that is in it. */
export function lookUpRows(
  backend: WebGPUBackend,
  {ids, table, bias, target}: Record<'ids' | 'table' | 'bias' | 'target', TensorInfo>,
): void {
  const height = table.shape[0]!;
  const {atOnce, width, size} = inFours(ids, table, table.shape[1]!);
  dispatch(backend, {
    key: `lookUpRows/${atOnce}`,
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 256 + lane;
      if (index >= uniforms.size) { return; }
      let column = index % uniforms.width;
      let id = u32(clamp(ids[index / uniforms.width], 0, i32(uniforms.height) - 1));
      looked[index] = table[id * uniforms.width + column] + bias[column];
    }`,
    ...{workgroupSize: 256, workgroups: Math.ceil(size / 256)},
    inputs: {ids, table, bias},
    outputs: {looked: target}, // `target` is a reserved word of WGSL
    vectors: atOnce === 4 ? ['table', 'bias', 'looked'] : [],
    integers: {size, width, height},
  });
}

/** How many columns to take at once, and then the width of a row and the size of as many rows as there are ids. */
function inFours(ids: TensorInfo, {dtype}: TensorInfo, columns: number): {atOnce: 1 | 4; width: number; size: number} {
  const atOnce = columns % 4 === 0 && dtype === 'float32' ? 4 : 1;
  const width = columns / atOnce;
  return {atOnce, width, size: sizeOf(ids) * width};
}

/**
 * table = zeros, then table[ids[n]] += source[n]; an id outside the table is taken for the nearest that is in it or, not
 * `clamped`, counts for nothing.
 */
export function sumRows(
  backend: WebGPUBackend,
  {ids, source, table}: Record<'ids' | 'source' | 'table', TensorInfo>,
  {clamped} = {clamped: true},
): void {
  const count = sizeOf(ids);
  const height = table.shape[0]!;
  const {atOnce, width, size} = inFours(ids, table, sizeOf(table) / Math.max(height, 1));
  clearValues(backend, table);
  const chains = output(backend, [2, count], 'int32'); // the next row of the same id or -1, and whether a row is its id's first
  dispatch(backend, {
    key: `rowChains${clamped ? '' : '/inside'}`,
    code: () => `
      fn id(index: u32) -> i32 { return ${clamped ? 'clamp(ids[index], 0, i32(uniforms.height) - 1)' : 'ids[index]'}; }
      fn run(group: u32, lane: u32) {
        let own = group * 64 + lane;
        if (own >= uniforms.count) { return; }
        let wanted = id(own);
        var next = -1;
        var first = 1;
        for (var other = 0u; other < uniforms.count; other++) {
          let same = id(other) == wanted;
          if (same && other < own) { first = 0; }
          if (same && other > own && next < 0) { next = i32(other); }
        }
        chains[own] = next;
        chains[uniforms.count + own] = first;
      }`,
    ...{workgroupSize: 64, workgroups: Math.ceil(count / 64)},
    inputs: {ids},
    outputs: {chains},
    integers: {count, height},
  });
  dispatch(backend, {
    key: `sumRows/${atOnce}/${table.dtype}${clamped ? '' : '/inside'}`,
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      let row = index / uniforms.width;
      if (row >= uniforms.count || chains[uniforms.count + row] == 0) { return; }
      ${clamped ? '' : 'if (ids[row] < 0 || ids[row] >= i32(uniforms.height)) { return; }'}
      let column = index % uniforms.width;
      var sum = source[index];
      for (var at = chains[row]; at >= 0; at = chains[at]) { sum += source[u32(at) * uniforms.width + column]; }
      let id = u32(clamp(ids[row], 0, i32(uniforms.height) - 1));
      table[id * uniforms.width + column] = sum;
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil(size / 64)},
    inputs: {ids, source, chains},
    outputs: {table},
    vectors: atOnce === 4 ? ['source', 'table'] : [],
    integers: {count, height, width},
  });
  backend.disposeData(chains.dataId);
}
