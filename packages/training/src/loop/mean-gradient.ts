import {type SparseRows, sumRows, type ValueAndGradients, valueAndGradients} from '@gatefold/gpu-kernels';
import {add, clone, dispose, mul, type Scalar, type Tensor, tidy, type Variable} from '@tensorflow/tfjs-core';
import type {Pause} from './pause';

/**
 * The mean of the values of several losses and the mean of their gradients: of losses that are means over batches of one
 * size, those of all batches as one. What is kept at a time is one sum and one gradient, however many there are.
 *
 * @param losses one a batch, taken and run one after the other; at least one.
 * @param pause lets others have their turn between two of them.
 */
export async function meanGradient(
  losses: Iterable<() => Scalar>,
  variables: readonly Variable[],
  pause: Pause,
): Promise<ValueAndGradients> {
  let sum: ValueAndGradients | undefined;
  let count = 0;
  try {
    for (const loss of losses) {
      if (sum) await pause.whenDue();
      const next = valueAndGradients(loss, variables);
      count += 1;
      sum = sum ? replaced([sum, next], () => added(sum!, next)) : next;
    }
  } catch (error) {
    if (sum) dispose([sum.value, sum.gradients]);
    throw error;
  }
  return count === 1 ? sum! : replaced([sum!], () => scaled(sum!, 1 / count));
}

/** What `make` makes of some sums, which then go. */
function replaced(before: ValueAndGradients[], make: () => ValueAndGradients): ValueAndGradients {
  const result = tidy(make);
  dispose(before.map(({value, gradients}) => [value, gradients]));
  return result;
}

function added(a: ValueAndGradients, b: ValueAndGradients): ValueAndGradients {
  return {
    value: add(a.value, b.value),
    gradients: a.gradients.map((gradient, index) => {
      const other = b.gradients[index]!;
      // What a model does with a parameter does not change from batch to batch: both are rows, or neither is.
      return isRows(gradient) ? sumRows([gradient, other as SparseRows]) : add(gradient, other as Tensor);
    }),
  };
}

function scaled({value, gradients}: ValueAndGradients, part: number): ValueAndGradients {
  return {
    value: mul(value, part),
    gradients: gradients.map((gradient) =>
      isRows(gradient) ? {ids: clone(gradient.ids), values: mul(gradient.values, part)} : mul(gradient, part),
    ),
  };
}

function isRows(gradient: Tensor | SparseRows): gradient is SparseRows {
  return 'ids' in gradient;
}
