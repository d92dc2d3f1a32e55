/**
 * WGSL of `exponential`, `sigmoid` and `squash` (tanh), within a few units in the last place on every driver; WebGPU asks
 * less, and a software driver's exp and tanh were off by 1e-6. Exp is 2^k times the series of what is left, in two steps
 * so that k ln 2 loses nothing (Cody & Waite 1980).
 *
 * NaN stays NaN: some drivers' exp makes it infinite, and a sigmoid would take that for a gate that is shut. It is told by
 * its bits, because a driver may take every comparison for one of numbers.
 *
 * With 4 as `width` they take and give `vec4<f32>`.
 */
export function activationCode(width: 1 | 4 = 1): string {
  const of = (type: string) => (width === 1 ? type : `vec4<${type}>`);
  const [float, integer, bits] = [of('f32'), of('i32'), of('u32')];
  return `
    fn isNaN(x: ${float}) -> ${of('bool')} { return (bitcast<${bits}>(x) & ${bits}(0x7fffffff)) > ${bits}(0x7f800000); }
    fn exponential(x: ${float}) -> ${float} {
      let inside = clamp(x, ${float}(-80), ${float}(80));
      let k = round(inside * 1.4426950);
      let r = inside - k * 0.693359375 + k * 2.1219444e-4;
      let series = 1 + r * (1 + r * (0.5 + r * (0.16666667 + r * (0.041666667 + r * (0.0083333333 + r * 0.0013888889)))));
      let power = bitcast<${float}>((${integer}(k) + 127) << ${bits}(23));
      return select(select(exp(x), series * power, abs(x) <= ${float}(80)), x, isNaN(x));
    }
    fn sigmoid(x: ${float}) -> ${float} { return 1 / (1 + exponential(-x)); }
    fn squash(x: ${float}) -> ${float} {
      let decay = exponential(-2 * abs(x));
      let series = x * (1 - x * x * (0.33333333 - x * x * 0.13333333));
      return select(select(sign(x) * (1 - decay) / (1 + decay), series, abs(x) < ${float}(0.05)), x, isNaN(x));
    }`;
}
