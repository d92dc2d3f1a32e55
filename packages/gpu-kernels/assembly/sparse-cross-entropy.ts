// Cross-entropy of softmax(logits) with integer labels. The forward pass keeps one number a row, log sum exp(logits);
// the gradient softmax(logits) - oneHot(label) is made again from it rather than kept as a matrix.

import { exp, log } from "./activation";
import { largestOf } from "./largest";
import { at } from "./memory";

/** The sum of e^(row - shift); lanes beyond the last class count as nothing. */
@inline
export function sumOfExponentials(row: usize, classes: i32, shift: f32): f32 {
  let sum = f32x4.splat(0), c = 0;
  const shifts = f32x4.splat(shift);
  for (; c + 4 <= classes; c += 4) sum = f32x4.add(sum, exp(f32x4.sub(v128.load(at(row, c)), shifts)));
  let total = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)
    + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
  for (; c < classes; c++) total += f32x4.extract_lane(exp(f32x4.splat(load<f32>(at(row, c)) - shift)), 0);
  return total;
}

/** losses [rows] and logSumExp [rows] from logits [rows, classes] and labels [rows]. */
export function sparseCrossEntropyForward(
  rows: i32, classes: i32, logits: usize, labels: usize, losses: usize, logSumExp: usize,
): void {
  for (let index = 0; index < rows; index++) {
    const row = at(logits, index * classes);
    const shift = largestOf(classes, row);
    const normaliser = shift + log(sumOfExponentials(row, classes, shift));
    store<f32>(at(logSumExp, index), normaliser);
    store<f32>(at(losses, index), normaliser - load<f32>(at(row, load<i32>(at(labels, index)))));
  }
}

/** dLogits [rows, classes] = (softmax(logits) - oneHot(labels)) * dLosses [rows]. */
export function sparseCrossEntropyBackward(
  rows: i32, classes: i32, logits: usize, labels: usize, logSumExp: usize, dLosses: usize, dLogits: usize,
): void {
  for (let index = 0; index < rows; index++) {
    const row = at(logits, index * classes), target = at(dLogits, index * classes);
    const shift = load<f32>(at(logSumExp, index)), scale = load<f32>(at(dLosses, index));
    const shifts = f32x4.splat(shift), scales = f32x4.splat(scale);
    let c = 0;
    for (; c + 4 <= classes; c += 4) {
      v128.store(at(target, c), f32x4.mul(exp(f32x4.sub(v128.load(at(row, c)), shifts)), scales));
    }
    for (; c < classes; c++) {
      store<f32>(at(target, c), f32x4.extract_lane(exp(f32x4.splat(load<f32>(at(row, c)) - shift)), 0) * scale);
    }
    const label = at(target, load<i32>(at(labels, index)));
    store<f32>(label, load<f32>(label) - scale);
  }
}
