// The sum of all values on tfjs-backend-webgl: one fragment adds up what lies near together, again and again until one
// number is left.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {planes, release, run, type WebGLBackend, zeros} from '../backends/webgl-program';

/** How many rows, and columns, one sum takes in; even, so that blocks are whole. */
const extent = 32;

/** The sum of `term`, GLSL of `vec4 x`, over all values: a scalar. */
export function sumOf(backend: WebGLBackend, tensor: TensorInfo, term = 'x'): TensorInfo {
  const [count, rows, columns] = planes(tensor.shape);
  if (count * rows * columns === 0) return zeros(backend, []);
  const depth = Math.max(1, Math.floor(extent ** 2 / (Math.min(rows, extent) * Math.min(columns, extent))));
  const shape = [Math.ceil(count / depth), Math.ceil(rows / extent), Math.ceil(columns / extent)];
  const last = shape.every((size) => size === 1);
  const sums = run(backend, {
    inputs: {x: tensor},
    shape: last ? [] : shape,
    code: `float value(int plane, int row, int column) {
      vec4 sum = vec4(0);
      for (int p = plane * ${depth}; p < min((plane + 1) * ${depth}, ${count}); p++) {
        for (int r = row * ${extent}; r < min((row + 1) * ${extent}, ${rows}); r += 2) {
          for (int c = column * ${extent}; c < min((column + 1) * ${extent}, ${columns}); c += 2) {
            vec4 x = getX(p, r, c);
            x = ${term};
            if (r + 1 >= ${rows}) x.zw = vec2(0);
            if (c + 1 >= ${columns}) x.yw = vec2(0);
            sum += x;
          }
        }
      }
      return sum.x + sum.y + sum.z + sum.w;
    }`,
  });
  if (last) return sums;
  const total = sumOf(backend, sums);
  release(backend, sums);
  return total;
}
