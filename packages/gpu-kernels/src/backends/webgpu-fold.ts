/**
 * WGSL of `fold`, which gives all invocations of a workgroup of `lanes`, a power of two, the sum, or the largest, of their
 * values, folded in a tree. All must call it.
 */
export const foldCode = (lanes: number) => `
  var<workgroup> folded: array<f32, ${lanes}>;
  fn fold(lane: u32, value: f32, largest: bool) -> f32 {
    workgroupBarrier();
    folded[lane] = value;
    for (var half = ${lanes / 2}u; half > 0; half /= 2) {
      workgroupBarrier();
      if (lane < half) {
        folded[lane] = select(folded[lane] + folded[lane + half], max(folded[lane], folded[lane + half]), largest);
      }
    }
    workgroupBarrier();
    return folded[0];
  }`;
