// Optimizer updates in place. `scale` is the factor of global-norm clipping, applied as each gradient is read.
// The gradient is [rows, width]; its row n changes row ids[n] of the parameter and of its state, and none where that is
// negative. Without ids (0) it changes row n.

import { read, write } from "./lanes";
import { at } from "./memory";

/** The sum of squares, gathered in float64 so that its order hardly matters. */
export function sumOfSquares(count: i32, values: usize): f64 {
  let low = f64x2.splat(0), high = low, index = 0;
  for (; index + 4 <= count; index += 4) {
    const v = v128.load(at(values, index));
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sums = f64x2.add(low, high);
  let total = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; index < count; index++) {
    const value = <f64>load<f32>(at(values, index));
    total += value * value;
  }
  return total;
}

/** Where in the parameter row n of the gradient belongs, as an offset in bytes; beyond all memory where nowhere. */
@inline
function placeOf(ids: usize, row: i32, width: i32): usize {
  const id = ids ? load<i32>(at(ids, row)) : row;
  return id < 0 ? usize.MAX_VALUE : at(0, id * width);
}

@inline
function sgd(p: usize, g: usize, rate: v128, single: bool): void {
  write(p, f32x4.sub(read(p, single), f32x4.mul(rate, read(g, single))), single);
}

/** p -= rate * scale * g */
export function sgdStep(
  rows: i32, width: i32, ids: usize, parameter: usize, gradient: usize, rate: f32, scale: f32,
): void {
  const rates = f32x4.splat(rate * scale);
  for (let row = 0; row < rows; row++) {
    const place = placeOf(ids, row, width);
    if (place == usize.MAX_VALUE) continue;
    const p = parameter + place, g = at(gradient, row * width);
    let index = 0;
    for (; index + 4 <= width; index += 4) sgd(at(p, index), at(g, index), rates, false);
    for (; index < width; index++) sgd(at(p, index), at(g, index), rates, true);
  }
}

@inline
function momentum(p: usize, g: usize, v: usize, rate: v128, scale: v128, decay: v128, single: bool): void {
  const velocity = f32x4.add(f32x4.mul(decay, read(v, single)), f32x4.mul(scale, read(g, single)));
  write(v, velocity, single);
  write(p, f32x4.sub(read(p, single), f32x4.mul(rate, velocity)), single);
}

/** v = decay * v + scale * g; p -= rate * v */
export function momentumStep(
  rows: i32, width: i32, ids: usize, parameter: usize, gradient: usize, velocity: usize, rate: f32, scale: f32, decay: f32,
): void {
  const rates = f32x4.splat(rate), scales = f32x4.splat(scale), decays = f32x4.splat(decay);
  for (let row = 0; row < rows; row++) {
    const place = placeOf(ids, row, width);
    if (place == usize.MAX_VALUE) continue;
    const p = parameter + place, g = at(gradient, row * width), v = velocity + place;
    let index = 0;
    for (; index + 4 <= width; index += 4) {
      momentum(at(p, index), at(g, index), at(v, index), rates, scales, decays, false);
    }
    for (; index < width; index++) {
      momentum(at(p, index), at(g, index), at(v, index), rates, scales, decays, true);
    }
  }
}

@inline
function adagrad(p: usize, g: usize, a: usize, rate: v128, scale: v128, epsilon: v128, single: bool): void {
  const gradient = f32x4.mul(scale, read(g, single));
  const sum = f32x4.add(read(a, single), f32x4.mul(gradient, gradient));
  write(a, sum, single);
  const change = f32x4.div(f32x4.mul(rate, gradient), f32x4.add(f32x4.sqrt(sum), epsilon));
  write(p, f32x4.sub(read(p, single), change), single);
}

/** a += (scale g)^2; p -= rate * scale g / (sqrt(a) + epsilon) */
export function adagradStep(
  rows: i32, width: i32, ids: usize, parameter: usize, gradient: usize, accumulator: usize, rate: f32, scale: f32, epsilon: f32,
): void {
  const rates = f32x4.splat(rate), scales = f32x4.splat(scale), epsilons = f32x4.splat(epsilon);
  for (let row = 0; row < rows; row++) {
    const place = placeOf(ids, row, width);
    if (place == usize.MAX_VALUE) continue;
    const p = parameter + place, g = at(gradient, row * width), a = accumulator + place;
    let index = 0;
    for (; index + 4 <= width; index += 4) {
      adagrad(at(p, index), at(g, index), at(a, index), rates, scales, epsilons, false);
    }
    for (; index < width; index++) {
      adagrad(at(p, index), at(g, index), at(a, index), rates, scales, epsilons, true);
    }
  }
}

@inline
function adam(
  p: usize, g: usize, m: usize, v: usize,
  rate: v128, scale: v128, beta1: v128, rest1: v128, beta2: v128, rest2: v128, epsilon: v128, rootCorrection: v128,
  kept: v128, single: bool,
): void {
  const gradient = f32x4.mul(scale, read(g, single));
  const first = f32x4.add(f32x4.mul(beta1, read(m, single)), f32x4.mul(rest1, gradient));
  const second = f32x4.add(
    f32x4.mul(beta2, read(v, single)),
    f32x4.mul(rest2, f32x4.mul(gradient, gradient)),
  );
  write(m, first, single);
  write(v, second, single);
  const root = f32x4.add(f32x4.mul(f32x4.sqrt(second), rootCorrection), epsilon);
  write(p, f32x4.sub(f32x4.mul(kept, read(p, single)), f32x4.div(f32x4.mul(rate, first), root)), single);
}

/**
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * p = kept p - rate * m / (sqrt(v) * rootCorrection + epsilon)
 * @param rate the learning rate over 1 - beta1^t.
 * @param beta1, beta2 in float64: 1 - beta2 of a beta2 rounded to float32 would be off by 1e-5 of itself and more.
 * @param rootCorrection 1 / sqrt(1 - beta2^t).
 */
export function adamStep(
  rows: i32, width: i32, ids: usize, parameter: usize, gradient: usize, first: usize, second: usize,
  rate: f32, scale: f32, beta1: f64, beta2: f64, epsilon: f32, rootCorrection: f32, kept: f32,
): void {
  const rates = f32x4.splat(rate), scales = f32x4.splat(scale);
  const b1 = f32x4.splat(<f32>beta1), rest1 = f32x4.splat(<f32>(1 - beta1));
  const b2 = f32x4.splat(<f32>beta2), rest2 = f32x4.splat(<f32>(1 - beta2));
  const epsilons = f32x4.splat(epsilon), corrections = f32x4.splat(rootCorrection), keeps = f32x4.splat(kept);
  for (let row = 0; row < rows; row++) {
    const place = placeOf(ids, row, width);
    if (place == usize.MAX_VALUE) continue;
    const p = parameter + place, g = at(gradient, row * width), m = first + place, v = second + place;
    let index = 0;
    for (; index + 4 <= width; index += 4) {
      adam(
        at(p, index), at(g, index), at(m, index), at(v, index),
        rates, scales, b1, rest1, b2, rest2, epsilons, corrections, keeps, false,
      );
    }
    for (; index < width; index++) {
      adam(
        at(p, index), at(g, index), at(m, index), at(v, index),
        rates, scales, b1, rest1, b2, rest2, epsilons, corrections, keeps, true,
      );
    }
  }
}
