// exp, tanh, sigmoid and ln for float32, four values at once; NaN stays NaN.

import { multiplyAdd } from "./multiply-add";

@inline
function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** Horner's step: sum x + coefficient. */
@inline
function horner(sum: v128, x: v128, coefficient: f32): v128 {
  return multiplyAdd(splat(coefficient), sum, x);
}

/** `x` brought into [-limit, limit]; the pseudo-minimum is one instruction and lets NaN through. */
@inline
function clamp(x: v128, low: f32, high: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, splat(high)), splat(low));
}

/**
 * e^x to 2 units in the last place. x is n ln 2 + r with |r| <= ln 2 / 2; e^r is a polynomial, 2^n goes into the
 * exponent bits (Cody & Waite's splitting of ln 2; the polynomial of Moshier's Cephes library). n is rounded by adding
 * 1.5 * 2^23, which leaves it in the low bits of the sum. Below -87.3 the result is the smallest normal number.
 */
@inline
export function exp(value: v128): v128 {
  const x = clamp(value, -87.3365447504019, 88.3762626647949);
  const shifted = multiplyAdd(splat(12582912), x, splat(1.44269504088896341));
  const n = f32x4.sub(shifted, splat(12582912));
  let r = multiplyAdd(x, n, splat(-0.693359375));
  r = multiplyAdd(r, n, splat(2.12194440e-4));
  let p = splat(1.9875691500e-4);
  p = horner(p, r, 1.3981999507e-3);
  p = horner(p, r, 8.3334519073e-3);
  p = horner(p, r, 4.1665795894e-2);
  p = horner(p, r, 1.6666665459e-1);
  p = horner(p, r, 5.0000001201e-1);
  p = f32x4.add(multiplyAdd(r, p, f32x4.mul(r, r)), splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23));
}

/**
 * tanh x to a relative 3e-7, as x P(x²) / Q(x²): a least-maximum fit of ours on [-8, 8], of error 6e-9 before rounding.
 * Beyond 8 it stays at tanh 8, which is 1 to 3e-7. Half as many instructions as by way of e^x.
 */
@inline
export function tanh(value: v128): v128 {
  const x = clamp(value, -8, 8);
  const square = f32x4.mul(x, x);
  let p = splat(1.523024869509069e-8);
  p = horner(p, square, 2.1894556462982434e-5);
  p = horner(p, square, 3.5715921510795327e-3);
  p = horner(p, square, 1.344449317894668e-1);
  p = horner(p, square, 9.999999935804275e-1);
  let q = splat(8.522382687809918e-7);
  q = horner(q, square, 3.4112820620476936e-4);
  q = horner(q, square, 2.6164421053153322e-2);
  q = horner(q, square, 4.6777820500605943e-1);
  q = horner(q, square, 1);
  return f32x4.div(f32x4.mul(x, p), q);
}

/** 1 / (1 + e^-x) = (1 + tanh(x / 2)) / 2, to 2e-7. */
@inline
export function sigmoid(x: v128): v128 {
  const half = splat(0.5);
  return multiplyAdd(half, half, tanh(f32x4.mul(half, x)));
}

/**
 * ln x of a positive normal number, without the table that the library's own logarithm would place in memory that is
 * not ours: x = 2^n m with m around 1, and ln m = 2 artanh((m - 1) / (m + 1)) as a series.
 */
export function log(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  let n = ((bits >> 23) & 255) - 127;
  let m = <f64>reinterpret<f32>((bits & 0x007fffff) | 0x3f800000);
  if (m > 1.41421356237) {
    m *= 0.5;
    n += 1;
  }
  const s = (m - 1) / (m + 1), square = s * s;
  let sum: f64 = 1.0 / 13;
  sum = sum * square + 1.0 / 11;
  sum = sum * square + 1.0 / 9;
  sum = sum * square + 1.0 / 7;
  sum = sum * square + 1.0 / 5;
  sum = sum * square + 1.0 / 3;
  sum = sum * square + 1;
  return <f32>(<f64>n * 0.6931471805599453 + 2 * s * sum);
}
