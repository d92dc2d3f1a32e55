// exp, sigmoid and tanh on four float32 values at once, to within 2 units in the last place where they are not clamped.

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value);
}

// @ts-ignore: decorator
@inline
function polynomial(sum: v128, x: v128, coefficient: f32): v128 {
  return f32x4.add(f32x4.mul(sum, x), splat(coefficient));
}

/**
 * e^x. x is written as n ln 2 + r with |r| <= ln 2 / 2, then e^r by a polynomial and 2^n through the exponent bits
 * (Cody & Waite's splitting of ln 2; the polynomial is that of Moshier's Cephes library). Below -87.3 the result is
 * the smallest normal number, above 88.3 about 2^127; NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp(value: v128): v128 {
  const x = f32x4.max(f32x4.min(value, splat(88.3762626647949)), splat(-87.3365447504019));
  const n = f32x4.nearest(f32x4.mul(x, splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, splat(-2.12194440e-4)));
  let p = splat(1.9875691500e-4);
  p = polynomial(p, r, 1.3981999507e-3);
  p = polynomial(p, r, 8.3334519073e-3);
  p = polynomial(p, r, 4.1665795894e-2);
  p = polynomial(p, r, 1.6666665459e-1);
  p = polynomial(p, r, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp(f32x4.neg(x))));
}

/**
 * tanh x. Near zero 1 - 2 / (e^2x + 1) would cancel, so |x| < 0.625 takes an odd polynomial (Cephes) instead.
 */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const large = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(exp(f32x4.add(x, x)), splat(1))));
  const square = f32x4.mul(x, x);
  let p = splat(-5.70498872745e-3);
  p = polynomial(p, square, 2.06390887954e-2);
  p = polynomial(p, square, -5.37397155531e-2);
  p = polynomial(p, square, 1.33314422036e-1);
  p = polynomial(p, square, -3.33332819422e-1);
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);
  return v128.bitselect(small, large, f32x4.lt(f32x4.abs(x), splat(0.625)));
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
