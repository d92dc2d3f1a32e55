// Matrix products on WebGPU. An invocation adds up 8 rows of 4 columns in registers; the invocations of a workgroup lie
// side by side along the columns, so they need the same 8 values of the left factor at a time. Where there are subgroups,
// 8 of them load one each and broadcast it, because loads, not multiplications, are what takes the time. For the same
// reason the 4 columns are one load where rows of the right factor are whole fours.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type Dispatch, dispatch, hasSubgroups, output, type WebGPUBackend} from '../backends/webgpu-dispatch';

export interface Product extends Pick<Dispatch, 'inputs' | 'outputs' | 'integers'> {
  /** Names the shader: what `left`, `right` and `store` depend on. */
  key: string;
  rows: number;
  columns: number;
  /** The length of the sums. */
  depth: number;
  /** WGSL, the value of the left factor at `row` and `k`. Beyond the last row it may be any. */
  left: string;
  /** WGSL, the value of the right factor at `k` and `column`. Beyond the last column it may be any. */
  right?: string;
  /** Instead of `right`, where the right factor is an input as it lies, [depth, columns]: which one. */
  matrix?: string;
  /** WGSL statements that take `value`, the sum for `row` and `column`. */
  store: string;
  /** WGSL functions that those three call. */
  declarations?: string;
}

/** WGSL for `count` of something, joined. */
export function each(count: number, code: (index: number) => string): string {
  return Array.from({length: count}, (_, index) => code(index)).join('\n');
}

/** WGSL that loads the value of `load(row)` for each of `rows` rows, at most 8, as `shared0`, `shared1` and so on. */
export function loadShared(rows: number, subgroups: boolean, load: (row: string) => string): string {
  if (!subgroups) return each(rows, (row) => `let shared${row} = ${load(`${row}u`)};`);
  return `let own = ${load(`(place % ${rows}u)`)};
    ${each(rows, (row) => `let shared${row} = subgroupBroadcast(own, ${row}u);`)}`;
}

/** How many rows an invocation works on at once, where there are `rows`. */
export function rowsAtOnce(rows: number): number {
  return [1, 2, 4].find((size) => size >= rows) ?? 8;
}

/** Invocations side by side for `columns` columns, at most `limit`, a power of 2. */
export function invocationsFor(columns: number, limit: number): number {
  let size = 8;
  while (size < columns && 2 * size <= limit) size *= 2;
  return size;
}

/** Records a product of two factors that WGSL reads, into what WGSL stores. */
export function product(
  backend: WebGPUBackend,
  {key, left, store, declarations = '', matrix, ...given}: Product,
): void {
  const {rows, columns, depth, inputs, outputs, integers} = given;
  const right = given.right ?? `${matrix}[k * uniforms.columns + column]`;
  const subgroups = hasSubgroups(backend);
  const height = rowsAtOnce(rows);
  const width = invocationsFor(Math.ceil(columns / 4), 64);
  const fours = matrix !== undefined && columns % 4 === 0;
  const factor = fours
    ? `${matrix}[(k * uniforms.columns + column) / 4]`
    : `vec4<f32>(${[0, 1, 2, 3].map((part) => `right(k, column + ${part})`).join(', ')})`;
  const code = () => `
    ${declarations}
    ${fours ? '' : `fn right(k: u32, column: u32) -> f32 { return ${right}; }`}
    fn left(row: u32, k: u32) -> f32 { return ${left}; }
    fn store(row: u32, column: u32, value: f32) {
      if (row >= uniforms.rows || column >= uniforms.columns) { return; }
      ${store}
    }
    fn run(group: u32, lane: u32) {
      let across = (uniforms.columns + ${4 * width - 1}) / ${4 * width};
      let row = group / across * ${height};
      let column = group % across * ${4 * width} + 4 * lane;
      ${each(height, (index) => `var sum${index} = vec4<f32>();`)}
      for (var k = 0u; k < uniforms.depth; k++) {
        let factor = ${factor};
        ${loadShared(height, subgroups, (index) => `left(row + ${index}, k)`)}
        ${each(height, (index) => `sum${index} += shared${index} * factor;`)}
      }
      ${each(height, (index) => each(4, (part) => `store(row + ${index}, column + ${part}, sum${index}[${part}]);`))}
    }`;
  dispatch(backend, {
    ...{key: `${key}/${height}x${width}${fours ? '/fours' : ''}`, code, subgroups, inputs, outputs},
    vectors: fours ? [matrix] : [],
    workgroupSize: width,
    workgroups: Math.ceil(rows / height) * Math.ceil(columns / (4 * width)),
    integers: {rows, columns, depth, ...integers},
  });
}

/** Records `y = x W + b` over all rows of `x`. */
export function addProjection(
  backend: WebGPUBackend,
  {x, kernel, bias, y}: Record<'x' | 'kernel' | 'bias' | 'y', TensorInfo>,
): void {
  const [depth, columns] = kernel.shape as [number, number];
  product(backend, {
    key: 'projection',
    ...{rows: rowsOf(y), columns, depth},
    inputs: {x, kernel, bias},
    outputs: {y},
    left: 'x[row * uniforms.depth + k]',
    matrix: 'kernel',
    store: 'y[row * uniforms.columns + column] = value + bias[column];',
  });
}

/** Records the gradient in x of `x W`, from that of the product: `gradient Wᵀ`. */
export function multiplyTransposed(
  backend: WebGPUBackend,
  {gradient, kernel, xGradient}: Record<'gradient' | 'kernel' | 'xGradient', TensorInfo>,
): void {
  const [columns, depth] = kernel.shape as [number, number];
  const transposed = transpose(backend, kernel);
  product(backend, {
    key: 'multiplyTransposed',
    ...{rows: rowsOf(gradient), columns, depth},
    inputs: {gradient, transposed},
    outputs: {xGradient},
    left: 'gradient[row * uniforms.depth + k]',
    matrix: 'transposed',
    store: 'xGradient[row * uniforms.columns + column] = value;',
  });
  backend.disposeData(transposed.dataId);
}

/** Records the transpose of a matrix, a new tensor. It costs little, and rows of a factor are read in one piece. */
export function transpose(backend: WebGPUBackend, matrix: TensorInfo): TensorInfo {
  const [rows, columns] = matrix.shape as [number, number];
  const transposed = output(backend, [columns, rows]);
  const size = rows * columns;
  dispatch(backend, {
    key: 'transpose',
    code: () => `fn run(group: u32, lane: u32) {
      let index = group * 64 + lane;
      if (index >= uniforms.size) { return; }
      transposed[index] = matrix[index % uniforms.rows * uniforms.columns + index / uniforms.rows];
    }`,
    ...{workgroupSize: 64, workgroups: Math.ceil(size / 64), inputs: {matrix}, outputs: {transposed}},
    integers: {size, rows, columns},
  });
  return transposed;
}

/** The rows of a tensor [..., width]. */
export function rowsOf({shape}: TensorInfo): number {
  return shape.slice(0, -1).reduce((product, size) => product * size, 1);
}
