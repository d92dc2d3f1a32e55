// Rows by their ids on tfjs-backend-webgl. A fragment cannot write to another's place, so rows are not scattered: every
// row of the table gathers its own. Two small programs link the positions of equal ids into lists, in the order in which
// they stand, and each row of the table walks its list: N (N + I) comparisons of ids, but each value is read once.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {planes, release, reshaped, run, type WebGLBackend, zeros} from '../backends/webgl-program';

/** GLSL: an id of `ids`, brought into [0, size). */
export function clampedId(size: number): string {
  return `int idAt(int row, int column) { return clamp(int(idsAt(0, row, column)), 0, ${size - 1}); }`;
}

/** The sums [I, W] of those rows of source [..., R, W] whose ids are 0, 1, ... I - 1; ids outside are clamped. */
export function sumRowsAt(backend: WebGLBackend, source: TensorInfo, ids: TensorInfo, size: number): TensorInfo {
  const [count, rows, width] = planes(source.shape);
  const total = count * rows;
  if (total === 0) return zeros(backend, [size, width]);
  const flat = reshaped(ids, [total]);
  const search = `
    ${clampedId(size)}
    float firstOf(int id, int from) {
      for (int position = from; position < ${total}; position++) {
        if (idAt(0, position) == id) return float(position);
      }
      return -1.0;
    }`;
  const first = run(backend, {
    inputs: {ids: flat},
    shape: [size],
    code: `${search}
      float value(int plane, int row, int column) { return firstOf(column, 0); }`,
  });
  const next = run(backend, {
    inputs: {ids: flat},
    shape: [total],
    code: `${search}
      float value(int plane, int row, int column) {
        return column < ${total} ? firstOf(idAt(0, column), column + 1) : -1.0;
      }`,
  });
  const sums = run(backend, {
    inputs: {first, next, source},
    shape: [size, width],
    code: `
      vec2 rowSum(int row, int column) {
        vec2 sum = vec2(0);
        for (int position = int(firstAt(0, 0, row)); position >= 0; position = int(nextAt(0, 0, position))) {
          int from = position / ${rows};
          int at = position - from * ${rows};
          vec4 values = getSource(from, at, column);
          sum += (at & 1) == 0 ? values.xy : values.zw;
        }
        return sum;
      }
      vec4 block(int plane, int row, int column) {
        return vec4(rowSum(row, column), row + 1 < ${size} ? rowSum(row + 1, column) : vec2(0));
      }`,
  });
  release(backend, first, next);
  return sums;
}
