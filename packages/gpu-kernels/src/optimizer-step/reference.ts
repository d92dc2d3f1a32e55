import {
  add,
  addN,
  cast,
  div,
  greater,
  greaterEqual,
  isFinite as isFiniteTensor,
  less,
  logicalAnd,
  maximum,
  mul,
  reshape,
  type Scalar,
  scalar,
  scatterND,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import {isSparseRows, type SparseRows} from '../embedding/sparse-rows';
import type {OptimizerStep, UpdateRule} from './optimizer-step';

/** The readable truth of every optimizer step, in plain tfjs operations. */
export function optimizerStepReference({parameters, gradients, slots, rule, clipNorm}: OptimizerStep): Scalar {
  return tidy(() => {
    const squares = gradients.map((gradient) => sum(square(isSparseRows(gradient) ? gradient.values : gradient)));
    const norm = sqrt(addN([scalar(0), ...squares])) as Scalar;
    const scale = clipNorm === undefined ? scalar(1) : div(clipNorm, maximum(norm, clipNorm));
    const sound = isFiniteTensor(norm);
    parameters.forEach((parameter, index) => {
      const given = gradients[index]!;
      const {gradient, touched} = isSparseRows(given)
        ? scatter(given, parameter.shape)
        : {gradient: given, touched: scalar(true)};
      const state = slots.map((slot) => slot[index]!);
      const updated = update(rule, parameter, mul(gradient, scale), state);
      [parameter, ...state].forEach((variable, position) => {
        variable.assign(where(logicalAnd(sound, touched), updated[position]!, variable));
      });
    });
    return norm;
  });
}

/** The rows in their places in a gradient [V, ...], zeros elsewhere; and which places those are, [V, 1, ...]. */
function scatter({ids, values}: SparseRows, shape: number[]): {gradient: Tensor; touched: Tensor} {
  const ones = shape.slice(1).map(() => 1);
  if (ids.size === 0) return {gradient: zeros(shape), touched: scalar(false)};
  const counts = cast(logicalAnd(greaterEqual(ids, 0), less(ids, shape[0]!)), 'float32'); // [N]
  const places = reshape(mul(ids, cast(counts, 'int32')), [ids.size, 1]); // [N, 1]
  const gradient = scatterND(places, mul(values, reshape(counts, [ids.size, ...ones])), shape);
  const touched = greater(scatterND(places, counts, [shape[0]!]), 0); // [V]
  return {gradient, touched: reshape(touched, [shape[0]!, ...ones])};
}

/** The new parameter, then the new state in the order of the slots. */
function update(rule: UpdateRule, parameter: Tensor, gradient: Tensor, state: Tensor[]): Tensor[] {
  const {learningRate} = rule;
  switch (rule.kind) {
    case 'sgd':
      return [sub(parameter, mul(learningRate, gradient))];
    case 'momentum': {
      const velocity = add(mul(rule.decay, state[0]!), gradient);
      return [sub(parameter, mul(learningRate, velocity)), velocity];
    }
    case 'adagrad': {
      const accumulator = add(state[0]!, square(gradient));
      const change = div(mul(learningRate, gradient), add(sqrt(accumulator), rule.epsilon));
      return [sub(parameter, change), accumulator];
    }
    case 'adam': {
      const {beta1, beta2, epsilon, step} = rule;
      const first = add(mul(beta1, state[0]!), mul(1 - beta1, gradient));
      const second = add(mul(beta2, state[1]!), mul(1 - beta2, square(gradient)));
      const root = add(sqrt(div(second, 1 - beta2 ** step)), epsilon);
      return [sub(parameter, div(mul(learningRate / (1 - beta1 ** step), first), root)), first, second];
    }
  }
}
