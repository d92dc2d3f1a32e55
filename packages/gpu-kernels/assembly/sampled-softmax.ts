// The scores of a sampled softmax and their gradient: products for the samples, a pass over the rows for the targets.

import { at, free, malloc } from "./memory";
import { matrixProduct } from "./matrix-product";

/** a . b */
@inline
function dot(width: i32, a: usize, b: usize): f32 {
  let sums = f32x4.splat(0), index = 0;
  for (; index + 4 <= width; index += 4) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(at(a, index)), v128.load(at(b, index))));
  }
  let sum = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1)
    + f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3);
  for (; index < width; index++) sum += load<f32>(at(a, index)) * load<f32>(at(b, index));
  return sum;
}

/** target = scale source */
@inline
function scaleRow(width: i32, scale: f32, source: usize, target: usize): void {
  const scales = f32x4.splat(scale);
  let index = 0;
  for (; index + 4 <= width; index += 4) {
    v128.store(at(target, index), f32x4.mul(scales, v128.load(at(source, index))));
  }
  for (; index < width; index++) store<f32>(at(target, index), scale * load<f32>(at(source, index)));
}

/** logits [batch, 1 + count] from inputs and targets [batch, width] and samples [count, width]. */
export function sampledLogitsForward(
  batch: i32, width: i32, count: i32, inputs: usize, targets: usize, samples: usize, logits: usize,
): void {
  const bytes = <usize>count << 2, scores = malloc(<usize>batch * bytes);
  matrixProduct(batch, count, width, inputs, false, samples, true, scores, false);
  for (let row = 0; row < batch; row++) {
    const target = at(logits, row * (1 + count));
    store<f32>(target, dot(width, at(inputs, row * width), at(targets, row * width)));
    memory.copy(target + 4, scores + <usize>row * bytes, bytes);
  }
  free(scores);
}

export function sampledLogitsBackward(
  batch: i32, width: i32, count: i32, inputs: usize, targets: usize, samples: usize, dLogits: usize,
  dInputs: usize, dTargets: usize, dSamples: usize,
): void {
  const bytes = <usize>count << 2, dScores = malloc(<usize>batch * bytes);
  for (let row = 0; row < batch; row++) {
    const source = at(dLogits, row * (1 + count)), place = row * width;
    scaleRow(width, load<f32>(source), at(targets, place), at(dInputs, place));
    scaleRow(width, load<f32>(source), at(inputs, place), at(dTargets, place));
    memory.copy(dScores + <usize>row * bytes, source + 4, bytes);
  }
  matrixProduct(batch, width, count, dScores, false, samples, false, dInputs, true);
  matrixProduct(count, width, batch, dScores, true, inputs, false, dSamples, false);
  free(dScores);
}
