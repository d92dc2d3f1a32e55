// Products on tfjs-backend-webgl. Every fragment computes a block of 2 × 2 results from blocks of 2 × 2 values, as
// tfjs's own product does; here further terms and functions can be part of the same program.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {planes, run, type WebGLBackend, zeros} from '../backends/webgl-program';

interface Factors {
  /** GLSL that reads the block of the left factor in row `row` and column `k`, or in row `k` where it is transposed. */
  left: string;
  /** GLSL that reads the block of the right factor in row `k` and column `column`, or in row `column`. */
  right: string;
  /** How many terms each sum has. */
  length: number;
  leftTransposed?: boolean;
  rightTransposed?: boolean;
}

/** GLSL that adds the block of a product to `sum`. */
export function addBlock({left, right, length, leftTransposed, rightTransposed}: Factors): string {
  const [leftFirst, leftSecond] = leftTransposed ? ['xxyy', 'zzww'] : ['xxzz', 'yyww'];
  const [rightFirst, rightSecond] = rightTransposed ? ['xzxz', 'ywyw'] : ['xyxy', 'zwzw'];
  return `
    for (int k = 0; k < ${length}; k += 2) {
      vec4 l = ${left};
      vec4 r = ${right};
      sum += l.${leftFirst} * r.${rightFirst};
      // Beyond the end there may be anything, NaN too.
      ${length % 2 === 0 ? '' : `if (k + 1 < ${length})`} sum += l.${leftSecond} * r.${rightSecond};
    }`;
}

/** `x W + b` [..., R, N] of x [..., R, K], W [K, N] and b [N]; without `bias` the product alone; or with W [N, K]. */
export function product(
  backend: WebGLBackend,
  x: TensorInfo,
  kernel: TensorInfo,
  {bias, transposed = false}: {bias?: TensorInfo; transposed?: boolean} = {},
): TensorInfo {
  const length = x.shape.at(-1)!;
  const shape = [...x.shape.slice(0, -1), kernel.shape[transposed ? 0 : 1]!];
  const right = transposed ? 'getKernel(0, column, k)' : 'getKernel(0, k, column)';
  const terms = addBlock({left: 'getX(plane, row, k)', right, length, rightTransposed: transposed});
  return run(backend, {
    inputs: {...(length > 0 && {x, kernel}), ...(bias && {bias})}, // no program reads an empty tensor
    shape,
    code: `vec4 block(int plane, int row, int column) {
      vec4 sum = ${bias ? 'getBias(0, 0, column).xyxy' : 'vec4(0)'};
      ${length > 0 ? terms : ''}
      return sum;
    }`,
  });
}

/**
 * Sums over all rows of all planes: `x'y` [M, N] of x [..., R, M] and y [..., R, N]. From column `other.from` on, which is
 * even, the left factor is `other.x`.
 */
export function transposedProduct(
  backend: WebGLBackend,
  x: TensorInfo,
  y: TensorInfo,
  other?: {x: TensorInfo; from: number},
): TensorInfo {
  const [count, rows, height] = planes(x.shape);
  const shape = [height, y.shape.at(-1)!];
  if (count * rows === 0) return zeros(backend, shape);
  const own = 'getX(from, k, row)';
  const left = other ? `column < ${other.from} ? ${own} : getOtherX(from, k, row)` : own;
  return run(backend, {
    inputs: {x, y, ...(other && {otherX: other.x})},
    shape,
    code: `vec4 block(int plane, int row, int column) {
      vec4 sum = vec4(0);
      for (int from = 0; from < ${count}; from++) {
        ${addBlock({left, right: 'getY(from, k, column)', length: rows, leftTransposed: true})}
      }
      return sum;
    }`,
  });
}

/** The sum [N] of all rows of x [..., R, N]. */
export function columnSums(backend: WebGLBackend, x: TensorInfo): TensorInfo {
  const [count, rows, columns] = planes(x.shape);
  if (count * rows === 0) return zeros(backend, [columns]);
  return run(backend, {
    inputs: {x},
    shape: [columns],
    code: `vec4 block(int plane, int row, int column) {
      vec2 sum = vec2(0);
      for (int from = 0; from < ${count}; from++) {
        for (int k = 0; k < ${rows}; k += 2) {
          vec4 values = getX(from, k, column);
          sum += values.xy;
          ${rows % 2 === 0 ? '' : `if (k + 1 < ${rows})`} sum += values.zw;
        }
      }
      return sum.xyxy;
    }`,
  });
}
