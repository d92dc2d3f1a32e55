/** WGSL of `isNaN`. By its bits, because a driver may take every comparison for one of numbers. */
export const isNaNCode = 'fn isNaN(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffff) > 0x7f800000; }';

/** WGSL of `exponential`: on some drivers exp of NaN is infinite, which a sigmoid would take for a gate that is shut. */
export const exponentialCode = `${isNaNCode}
    fn exponential(x: f32) -> f32 { return select(exp(x), x, isNaN(x)); }`;
