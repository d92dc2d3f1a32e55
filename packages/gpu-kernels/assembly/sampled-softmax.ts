// The scores of a sampled softmax and their gradient: products for the samples, a pass over the rows for the targets.

import { at, free, malloc } from "./memory";
import { matrixProduct } from "./matrix-product";
import { dot, scaleRow } from "./rows";

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
