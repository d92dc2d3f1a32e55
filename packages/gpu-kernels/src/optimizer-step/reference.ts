import {
  add,
  addN,
  div,
  greater,
  isFinite as isFiniteTensor,
  logicalAnd,
  maximum,
  mul,
  ones,
  reshape,
  type Scalar,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import {scatterRows} from '../embedding/scatter-rows';
import {isSparseRows, type SparseRows} from '../embedding/sparse-rows';
import {keptPart} from './kept-part';
import type {OptimizerStep, UpdateRule} from './optimizer-step';

/** The readable truth of every optimizer step, in plain tfjs operations. */
export function optimizerStepReference({parameters, gradients, slots, rule, clipNorm}: OptimizerStep): Scalar {
  return tidy(() => {
    const values = gradients.map((gradient) => (isSparseRows(gradient) ? gradient.values : gradient));
    const squares = values.filter(({size}) => size > 0).map((part) => sum(square(part)));
    const norm = sqrt(addN([scalar(0), ...squares])) as Scalar;
    const scale = clipNorm === undefined ? scalar(1) : div(clipNorm, maximum(norm, clipNorm));
    const sound = isFiniteTensor(norm);
    parameters.forEach((parameter, index) => {
      const given = gradients[index]!;
      const gradient = isSparseRows(given) ? scatterRows(given, parameter.shape) : given;
      const touched = isSparseRows(given) ? touchedRows(given, parameter.shape) : scalar(true);
      const state = slots.map((slot) => slot[index]!);
      const updated = update(rule, parameter, mul(gradient, scale), state);
      [parameter, ...state].forEach((variable, position) => {
        variable.assign(where(logicalAnd(sound, touched), updated[position]!, variable));
      });
    });
    return norm;
  });
}

/** Which rows of a [V, ...] have a gradient: [V, 1, ...]. */
function touchedRows({ids}: SparseRows, shape: number[]): Tensor {
  const counts = scatterRows({ids, values: ones([ids.size])}, [shape[0]!]);
  return greater(reshape(counts, [shape[0]!, ...shape.slice(1).map(() => 1)]), 0);
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
      const kept = mul(keptPart(rule, parameter), parameter);
      return [sub(kept, div(mul(learningRate / (1 - beta1 ** step), first), root)), first, second];
    }
  }
}
