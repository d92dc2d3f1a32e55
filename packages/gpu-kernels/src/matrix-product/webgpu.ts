// Matrix products on WebGPU. An invocation adds up 8 rows (16 where a processor plays the graphics card) of 4 columns; the
// invocations of a workgroup lie side by side along the columns, so they need the same values of the left factor at a
// time. Where there are subgroups, 8 of them load one each and broadcast it, because loads, not multiplications, are what
// takes the time. For the same reason either factor is loaded four values at once where it lies in whole fours.
// A graphics card idles unless it has tens of thousands of invocations: there several share a sum, each a slice of its depth.
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

/** What a workgroup adds up at a time, and how its invocations divide it: `width * slices` of them. */
export interface Tile {
  /** Rows, all of them in each invocation. */
  rows: number;
  /** Invocations side by side along the columns. */
  width: number;
  /** Into how many parts the depth of the sums is cut, each for invocations of its own. */
  slices: number;
  subgroups: boolean;
}

export interface Sums {
  tile: Tile;
  /** WGSL, the length of the sums; a whole number of fours where the left factor is read along it. */
  depth: string;
  /** WGSL of the value of the left factor at a row, from `row` on, and `k`, or of four values from there along an axis. */
  left: LeftFactor;
  along?: 'depth' | 'rows';
  /** WGSL of the values of the right factor at `k`. */
  right: (k: string) => string;
  /** What a sum is: `f32`, or a vector of them. */
  type: string;
  /** WGSL statements that take `sum`, that of the row of this index; run by one invocation for each row and column. */
  take: (index: number) => string;
}

/** WGSL that `addUp` of sums of this type needs at the head of a shader. */
export function memoryOfSlices({width, slices}: Tile, type: string): string {
  return slices === 1 ? '' : `var<workgroup> ${sharesOf(type)}: array<${type}, ${width * slices}>;`;
}

function sharesOf(type: string): string {
  return `shares_${type.replace(/\W/g, '')}`;
}

/**
 * WGSL that adds up products for several rows at once, so that each value of the right factor is loaded once for all. All
 * invocations of the workgroup must come here together; `lane` is the number of each.
 */
export function addUp({tile, depth, left, along, right, type, take}: Sums): string {
  const {rows, width, slices, subgroups} = tile;
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
  const turns =
    slices === 1
      ? `for (var k = 0u; k < ${depth}; k += ${parts})`
      : `let slice = lane / ${width};
      let sliceDepth = (${depth} + ${parts * slices - 1}) / ${parts * slices} * ${parts};
      let sliceEnd = min(${depth}, (slice + 1) * sliceDepth);
      for (var k = slice * sliceDepth; k < sliceEnd; k += ${parts})`;
  const shares = sharesOf(type);
  const sumOf = (row: number) =>
    slices === 1
      ? `{ let sum = sum${row}; ${take(row)} }`
      : `
      ${shares}[lane] = sum${row};
      workgroupBarrier();
      if (slice == ${row % slices}) {
        var sum = ${shares}[lane % ${width}];
        for (var other = 1u; other < ${slices}; other++) { sum += ${shares}[lane % ${width} + other * ${width}]; }
        ${take(row)}
      }
      workgroupBarrier();`;
  return `{
    ${each(rows, (row) => `var sum${row} = ${type}();`)}
    ${turns} {
      ${load}
      ${each(
        parts,
        (part) => `{
        let factor = ${right(parts === 1 ? 'k' : `(k + ${part})`)};
        ${each(rows, (row) => `sum${row} += ${value(row, part)} * factor;`)}
      }`,
      )}
    }
    ${each(rows, sumOf)}
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

/** Into how many slices, a power of 2 and at most `limit`, to cut sums of this depth: no slice is shorter than `shortest`. */
export function slicesFor(depth: number, {limit, shortest}: {limit: number; shortest: number}): number {
  let slices = 1;
  while (2 * slices <= limit && depth >= 2 * slices * shortest) slices *= 2;
  return slices;
}

/** How a product is divided. A graphics card gets 131,072 invocations if it can, 256 in a workgroup. */
function tileFor(backend: WebGPUBackend, {rows, columns, depth}: Product): Tile {
  const height = rowsAtOnce(backend, rows);
  const across = invocationsFor(Math.ceil(columns / 4), 64);
  if (isProcessor(backend)) return {rows: height, width: across, slices: 1, subgroups: hasSubgroups(backend)};
  const invocations = Math.ceil(rows / height) * Math.ceil(columns / 4);
  const slices = slicesFor(depth, {limit: Math.min(16, 131_072 / invocations), shortest: 32});
  return {
    rows: height,
    width: Math.min(across, 256 / slices),
    slices,
    subgroups: slices === 1 && hasSubgroups(backend),
  };
}

/** Records a product of two factors that WGSL reads, into what WGSL stores. */
export function product(backend: WebGPUBackend, given: Product): void {
  const {key, left, along, vectors = [], store, declarations = '', matrix} = given;
  const {rows, columns, depth, inputs, outputs, integers} = given;
  const right = given.right ?? `${matrix}[k * uniforms.columns + column]`;
  const tile = tileFor(backend, given);
  const {rows: height, width, slices, subgroups} = tile;
  const fours = matrix !== undefined && columns % 4 === 0;
  const factor = (k: string) =>
    fours
      ? `${matrix}[(${k} * uniforms.columns + column) / 4]`
      : `vec4<f32>(${[0, 1, 2, 3].map((part) => `right(${k}, column + ${part})`).join(', ')})`;
  const take = (index: number) => each(4, (part) => `store(row + ${index}, column + ${part}, sum[${part}]);`);
  const code = () => `
    ${declarations}
    ${memoryOfSlices(tile, 'vec4<f32>')}
    ${fours ? '' : `fn right(k: u32, column: u32) -> f32 { return ${right}; }`}
    fn store(row: u32, column: u32, value: f32) {
      if (row >= uniforms.rows || column >= uniforms.columns) { return; }
      ${store}
    }
    fn run(group: u32, lane: u32) {
      let across = (uniforms.columns + ${4 * width - 1}) / ${4 * width};
      let row = group / across * ${height};
      let column = group % across * ${4 * width} + 4 * (lane % ${width});
      ${addUp({tile, depth: 'uniforms.depth', left, along, right: factor, type: 'vec4<f32>', take})}
    }`;
  const form = [`${height}x${width}x${slices}`, ...(fours ? ['fours'] : []), ...(along ? [along] : [])].join('/');
  dispatch(backend, {
    key: `${key}/${form}`,
    ...{code, subgroups, inputs, outputs},
    vectors: [...vectors, ...(fours ? [matrix] : [])],
    workgroupSize: width * slices,
    workgroups: Math.ceil(rows / height) * Math.ceil(columns / (4 * width)),
    integers: {rows, columns, depth, ...integers},
  });
}

/** The left factor that lies as it is, `[rows, depth]` in an input, read in fours where its rows are whole fours. */
export function rowMajor(name: string, depth: number): Pick<Product, 'left' | 'along' | 'vectors'> {
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
