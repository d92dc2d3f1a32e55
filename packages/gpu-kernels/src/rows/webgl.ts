// Rows by their ids on tfjs-backend-webgl. A fragment cannot write to another's place, so rows are not scattered: every
// row of the table gathers its own. Two small programs link the positions of equal ids into lists, in the order in which
// they stand, and each row of the table walks its list: N (N + V) comparisons of ids, but each value is read once.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {planes, release, reshaped, run, type WebGLBackend, zeros} from '../backends/webgl-program';

/** GLSL: an id of `ids`, brought into [0, size). */
export function clampedId(size: number): string {
  return `int idAt(int row, int column) { return clamp(int(idsAt(0, row, column)), 0, ${size - 1}); }`;
}

/** GLSL: an id of `ids` as it is. */
const plainId = 'int idAt(int row, int column) { return int(idsAt(0, row, column)); }';

/** GLSL: the values of `table` in row `id`, in `column`, which is even, and in the next. */
export const tableRow = `
  vec2 tableRow(int id, int column) {
    vec4 values = getTable(0, id, column);
    return (id & 1) == 0 ? values.xy : values.zw;
  }`;

/** GLSL: where `id` first stands among `count` ids from position `from` on; -1 where it does not. */
function search(count: number, id: string): string {
  return `
    ${id}
    int firstOf(int id, int from) {
      for (int position = from; position < ${count}; position++) {
        if (idAt(0, position) == id) return position;
      }
      return -1;
    }`;
}

/** For each position in ids [N] the next one where the same id stands, or -1: [N]. */
function nextOf(backend: WebGLBackend, ids: TensorInfo, id: string): TensorInfo {
  const count = ids.shape[0]!;
  return run(backend, {
    inputs: {ids},
    shape: [count],
    code: `
      ${search(count, id)}
      float value(int plane, int row, int column) {
        return column < ${count} ? float(firstOf(idAt(0, column), column + 1)) : -1.0;
      }`,
  });
}

/** GLSL: the sum of the rows of `source` along the list that `next` makes, from a position on; of columns as `tableRow`. */
function sumAlongList(rows: number): string {
  return `
    vec2 sumFrom(int position, int column) {
      vec2 sum = vec2(0);
      for (; position >= 0; position = int(nextAt(0, 0, position))) {
        int plane = position / ${rows};
        int row = position - plane * ${rows};
        vec4 values = getSource(plane, row, column);
        sum += (row & 1) == 0 ? values.xy : values.zw;
      }
      return sum;
    }`;
}

/** For each row of a table [V, ...] where in ids [N] it first stands, -1 where it does not: [V]. */
export function placesOf(backend: WebGLBackend, ids: TensorInfo, size: number, id = plainId): TensorInfo {
  return run(backend, {
    inputs: {ids},
    shape: [size],
    code: `
      ${search(ids.shape[0]!, id)}
      float value(int plane, int row, int column) { return float(firstOf(column, 0)); }`,
  });
}

/**
 * The sums [V, W] of those rows of source [..., R, W] whose ids are 0, 1, ... V - 1. Ids outside are clamped, or else
 * count for nothing.
 */
export function sumRowsAt(
  backend: WebGLBackend,
  source: TensorInfo,
  ids: TensorInfo,
  size: number,
  {clamped}: {clamped: boolean},
): TensorInfo {
  const [count, rows, width] = planes(source.shape);
  if (count * rows === 0) return zeros(backend, [size, width]);
  const flat = reshaped(ids, [count * rows]);
  const id = clamped ? clampedId(size) : plainId;
  const places = placesOf(backend, flat, size, id);
  const next = nextOf(backend, flat, id);
  const sums = run(backend, {
    inputs: {places, next, source},
    shape: [size, width],
    code: `
      ${sumAlongList(rows)}
      vec2 rowSum(int row, int column) {
        return row < ${size} ? sumFrom(int(placesAt(0, 0, row)), column) : vec2(0);
      }
      vec4 block(int plane, int row, int column) { return vec4(rowSum(row, column), rowSum(row + 1, column)); }`,
  });
  release(backend, places, next);
  return sums;
}

/** Rows [N, W] with ids [N]: their sums where an id comes first; where it comes again, -1 and a row of zeros. */
export function sumEqualRows(backend: WebGLBackend, ids: TensorInfo, source: TensorInfo): [TensorInfo, TensorInfo] {
  const count = ids.shape[0]!;
  const next = nextOf(backend, ids, plainId);
  const distinct = run(backend, {
    inputs: {ids},
    shape: [count],
    dtype: 'int32',
    code: `
      ${search(count, plainId)}
      float value(int plane, int row, int column) {
        return column < ${count} && firstOf(idAt(0, column), 0) == column ? idsAt(0, 0, column) : -1.0;
      }`,
  });
  const sums = run(backend, {
    inputs: {ids: distinct, next, source},
    shape: source.shape,
    code: `
      ${sumAlongList(count)}
      vec2 rowSum(int row, int column) {
        return row < ${count} && idsAt(0, 0, row) >= 0.0 ? sumFrom(row, column) : vec2(0);
      }
      vec4 block(int plane, int row, int column) { return vec4(rowSum(row, column), rowSum(row + 1, column)); }`,
  });
  release(backend, next);
  return [distinct, sums];
}

/** Tensors [N, ...], of one or two axes, one after another along the first; at most 16, none of them empty. */
export function concatenateRows(backend: WebGLBackend, parts: TensorInfo[]): TensorInfo {
  const rest = parts[0]!.shape.slice(1);
  const along = rest.length === 0 ? 'column' : 'row';
  let start = 0;
  const choices = parts.map(({shape}, index) => {
    const from = `${along} - ${start}`;
    start += shape[0]!;
    return `if (${along} < ${start}) return part${index}At(0, ${rest.length === 0 ? `0, ${from}` : `${from}, column`});`;
  });
  return run(backend, {
    inputs: Object.fromEntries(parts.map((part, index) => [`part${index}`, part])),
    shape: [start, ...rest],
    dtype: parts[0]!.dtype,
    code: `float value(int plane, int row, int column) {
      ${choices.join('\n')}
      return 0.0;
    }`,
  });
}
