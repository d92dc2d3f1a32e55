// Matrix products on WebGPU. An invocation adds up 8 rows (16 where a processor plays the graphics card) of 4 columns; the
// invocations of a workgroup lie side by side along the columns, so they need the same values of the left factor at a
// time. Where there are subgroups, 8 of them load one each and broadcast it, because loads, not multiplications, are what
// takes the time. For the same reason either factor is loaded four values at once where it lies in whole fours.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {
  type Dispatch,
  dispatch,
  hasSubgroups,
  isProcessor,
  output,
  type WebGPUBackend,
} from '../backends/webgpu-dispatch';

export interface Product extends Pick<Dispatch, 'inputs' | 'outputs' | 'integers'> {
  /** Names the shader: what `left`, `right` and `store` depend on. */
  key: string;
  rows: number;
  columns: number;
  /** The length of the sums. */
  depth: number;
  /** WGSL, the value of the left factor at `row` and `k`. Beyond the last row it may be any. */
  left: LeftFactor;
  /** Instead of value by value, `left` gives four values along this axis, from `vectors`: inputs seen as fours. */
  along?: 'depth' | 'rows';
  vectors?: readonly string[];
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

/** How the left factor of a product is read: value by value, or in fours along the depth of the sums or along its rows. */
export type LeftFactor = (row: string, k: string) => string;

export interface Sums {
  /** How many rows, sums `sum0`, `sum1` and so on, from `row` on. */
  rows: number;
  subgroups: boolean;
  /** WGSL, the length of the sums; a whole number of fours where the left factor is read along it. */
  depth: string;
  /** WGSL of the value of the left factor at a row and `k`, or of four values from there along an axis. */
  left: LeftFactor;
  along?: 'depth' | 'rows';
  /** WGSL of the values of the right factor at `k`. */
  right: (k: string) => string;
  /** What a sum is: `f32` or `vec4<f32>`. */
  type: string;
}

/** WGSL that adds up products for several rows at once, so that each value of the right factor is loaded once for all. */
export function addUp({rows, subgroups, depth, left, along, right, type}: Sums): string {
  const perLoad = along === 'rows' ? 4 : 1; // rows
  const loads = rows / perLoad;
  // A load for each row, or one for every 8 of them, whose invocations then tell one another.
  const load = subgroups
    ? each(Math.ceil(loads / 8), (index) => {
        const own = `place % ${Math.min(loads, 8)}u + ${8 * index}u`;
        return `let own${index} = ${left(`row + ${perLoad}u * (${own})`, 'k')};`;
      })
    : each(loads, (index) => `let own${index} = ${left(`row + ${perLoad * index}u`, 'k')};`);
  const value = (row: number, part: number) => {
    const index = Math.floor(row / perLoad);
    const component = along === 'depth' ? `[${part}]` : along === 'rows' ? `[${row % 4}]` : '';
    if (!subgroups) return `own${index}${component}`;
    return `subgroupBroadcast(own${Math.floor(index / 8)}${component}, ${index % 8}u)`;
  };
  const parts = along === 'depth' ? 4 : 1;
  return `
    ${each(rows, (row) => `var sum${row} = ${type}();`)}
    for (var k = 0u; k < ${depth}; k += ${parts}) {
      ${load}
      ${each(
        parts,
        (part) => `{
        let factor = ${right(parts === 1 ? 'k' : `(k + ${part})`)};
        ${each(rows, (row) => `sum${row} += ${value(row, part)} * factor;`)}
      }`,
      )}
    }`;
}

/** How many rows an invocation works on at once, where there are `rows`. */
export function rowsAtOnce(backend: WebGPUBackend, rows: number): number {
  const most = isProcessor(backend) ? 16 : 8;
  return [1, 2, 4, 8].find((size) => size >= Math.min(rows, most)) ?? most;
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
  {key, left, along, vectors = [], store, declarations = '', matrix, ...given}: Product,
): void {
  const {rows, columns, depth, inputs, outputs, integers} = given;
  const right = given.right ?? `${matrix}[k * uniforms.columns + column]`;
  const subgroups = hasSubgroups(backend);
  const height = rowsAtOnce(backend, rows);
  const width = invocationsFor(Math.ceil(columns / 4), 64);
  const fours = matrix !== undefined && columns % 4 === 0;
  const factor = (k: string) =>
    fours
      ? `${matrix}[(${k} * uniforms.columns + column) / 4]`
      : `vec4<f32>(${[0, 1, 2, 3].map((part) => `right(${k}, column + ${part})`).join(', ')})`;
  const code = () => `
    ${declarations}
    ${fours ? '' : `fn right(k: u32, column: u32) -> f32 { return ${right}; }`}
    fn store(row: u32, column: u32, value: f32) {
      if (row >= uniforms.rows || column >= uniforms.columns) { return; }
      ${store}
    }
    fn run(group: u32, lane: u32) {
      let across = (uniforms.columns + ${4 * width - 1}) / ${4 * width};
      let row = group / across * ${height};
      let column = group % across * ${4 * width} + 4 * lane;
      ${addUp({rows: height, subgroups, depth: 'uniforms.depth', left, along, right: factor, type: 'vec4<f32>'})}
      ${each(height, (index) => each(4, (part) => `store(row + ${index}, column + ${part}, sum${index}[${part}]);`))}
    }`;
  const form = [`${height}x${width}`, ...(fours ? ['fours'] : []), ...(along ? [along] : [])].join('/');
  dispatch(backend, {
    key: `${key}/${form}`,
    ...{code, subgroups, inputs, outputs},
    vectors: [...vectors, ...(fours ? [matrix] : [])],
    workgroupSize: width,
    workgroups: Math.ceil(rows / height) * Math.ceil(columns / (4 * width)),
    integers: {rows, columns, depth, ...integers},
  });
}

/** The left factor that lies as it is, `[rows, depth]` in an input, read in fours where its rows are whole fours. */
function rowMajor(name: string, depth: number): Pick<Product, 'left' | 'along' | 'vectors'> {
  if (depth % 4 !== 0) return {left: (row, k) => `${name}[(${row}) * uniforms.depth + ${k}]`};
  return {left: (row, k) => `${name}[((${row}) * uniforms.depth + ${k}) / 4]`, along: 'depth', vectors: [name]};
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
    ...rowMajor('x', depth),
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
    ...rowMajor('gradient', depth),
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
