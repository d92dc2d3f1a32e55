/**
 * WGSL of `exponential`, `sigmoid` and `squash` (tanh), within a few units in the last place on every driver; WebGPU asks
 * less, and a software driver's exp and tanh were off by 1e-6. Exp is 2^k times the series of what is left, in two steps
 * so that k ln 2 loses nothing (Cody & Waite 1980).
 *
 * NaN stays NaN: some drivers' exp makes it infinite, and a sigmoid would take that for a gate that is shut. It is told by
 * its bits, because a driver may take every comparison for one of numbers.
 */
export const activationCode = `
    fn isNaN(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffff) > 0x7f800000; }
    fn exponential(x: f32) -> f32 {
      let inside = clamp(x, -80, 80);
      let k = round(inside * 1.4426950);
      let r = inside - k * 0.693359375 + k * 2.1219444e-4;
      let series = 1 + r * (1 + r * (0.5 + r * (0.16666667 + r * (0.041666667 + r * (0.0083333333 + r * 0.0013888889)))));
      return select(select(exp(x), series * bitcast<f32>((i32(k) + 127) << 23), abs(x) <= 80), x, isNaN(x));
    }
    fn sigmoid(x: f32) -> f32 { return 1 / (1 + exponential(-x)); }
    fn squash(x: f32) -> f32 {
      let decay = exponential(-2 * abs(x));
      let series = x * (1 - x * x * (0.33333333 - x * x * 0.13333333));
      return select(select(sign(x) * (1 - decay) / (1 + decay), series, abs(x) < 0.05), x, isNaN(x));
    }`;
