import type {Reduction} from './sparse-cross-entropy';

/** Folds the losses of all labels as asked; the sum is gathered in float64. */
export function reduceLosses(losses: Float32Array, reduction: Reduction): Float32Array {
  if (reduction === 'none') return losses;
  let sum = 0;
  for (const loss of losses) sum += loss;
  return Float32Array.of(reduction === 'sum' ? sum : sum / losses.length);
}

/** The gradient of each label's loss, from that of the folded one. */
export function spreadGradient(gradient: Float32Array, count: number, reduction: Reduction): Float32Array {
  if (reduction === 'none') return gradient;
  return new Float32Array(count).fill(reduction === 'sum' ? gradient[0]! : gradient[0]! / count);
}
