/**
 * sum + x y on four float32 values: fused and so rounded once where the engine has relaxed SIMD, else two instructions.
 * The module is built both ways; see `src/backends/wasm-memory.ts` for which is used.
 */
@inline
export function multiplyAdd(sum: v128, x: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
}
