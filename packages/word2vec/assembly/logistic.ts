import { exp, log, sigmoid } from "../../gpu-kernels/assembly/activation";
import { Workspace } from "./memory";

/** -ln of the probability that a score gives its label. */
function lossOf(score: f32, positive: bool): f32 {
  const margin = positive ? score : -score;
  const small = f32x4.extract_lane(exp(f32x4.splat(-Mathf.abs(margin))), 0);
  return log(1 + small) + (margin < 0 ? -margin : 0);
}

/** Adds the loss of one line of scores to the thread's sum. */
export function measureLoss(space: Workspace, scores: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const at = <usize>index << 2;
    space.lossSum += lossOf(load<f32>(scores + at), load<f32>(space.labels + at) > 0);
  }
  space.lossCount += 1;
}

/** Puts rate (label - σ(score)) in the place of one line of scores, four at a time. */
@inline
export function gradientsOf(space: Workspace, scores: usize, count: u32): void {
  for (let at: u32 = 0; at < count << 2; at += 16) {
    const expected = f32x4.mul(v128.load(space.rates + at), sigmoid(v128.load(scores + at)));
    v128.store(scores + at, f32x4.sub(v128.load(space.labels + at), expected));
  }
}
