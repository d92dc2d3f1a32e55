import {engine, type NamedTensorMap, type Scalar, type Tensor, type Variable} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {isSparseRows, type SparseRows} from '../embedding/sparse-rows';
import {expectShape} from '../errors/expect-shape';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {debugIds} from '../rows/debug-ids';
import {optimizerStepReference} from './reference';

/** How a gradient changes a parameter; the equations stand at the step of the same name. */
export type UpdateRule =
  | {kind: 'sgd'; learningRate: number}
  | {kind: 'momentum'; learningRate: number; decay: number}
  | {kind: 'adagrad'; learningRate: number; epsilon: number}
  | {
      kind: 'adam';
      learningRate: number;
      beta1: number;
      beta2: number;
      epsilon: number;
      step: number;
      weightDecay: number;
    };

/** What every step takes. */
export interface StepInputs {
  /** Float32 variables; they are changed in place, and so is every clone that shares their memory. */
  parameters: readonly Variable[];
  /**
   * One gradient a parameter: of its shape, or some rows of it. Of rows only those, and those of the state, are read and
   * written, at no cost for the rest. Momentum and Adam thereby become lazy, as TensorFlow's SparseApplyMomentum and
   * PyTorch's SparseAdam are: the velocity and the moments of a row stand still, and do not move it, until it has a
   * gradient again.
   */
  gradients: readonly (Tensor | SparseRows)[];
  learningRate: number;
  /**
   * Where given, all gradients together are scaled down so that the square root of the sum of their squares is at most
   * this (Pascanu et al. 2013, arXiv 1211.5063).
   */
  clipNorm?: number;
}

/**
 * Stochastic gradient descent, in place: `p -= learningRate · g`.
 *
 * @returns the global norm of the gradients before clipping, a scalar the caller disposes of. Where it is NaN or
 *   infinite no parameter was changed.
 * @throws ShapeError where a parameter is not float32 or a gradient has not its shape.
 * @throws IdRangeError where the id of a row is not in `[0, V)` (cpu, wasm and tensorflow; others pass over the row).
 * @throws RangeError where `clipNorm` is not above 0.
 * @example const norm = sgdStep({parameters, gradients, learningRate: 10, clipNorm: 1.25});
 *
 * Cost: two passes over the gradients, one over the parameters, or over the rows that have a gradient; one kernel for all
 * parameters on cpu and wasm.
 */
export function sgdStep({learningRate, ...inputs}: StepInputs): Scalar {
  return optimizerStep({...inputs, slots: [], rule: {kind: 'sgd', learningRate}});
}

/**
 * Gradient descent with momentum, in place: `v = decay · v + g; p -= learningRate · v`. As `sgdStep`, with the velocities
 * (float32 variables of the parameters' shapes, zeros at first) updated too.
 *
 * Source: Polyak 1964; Sutskever et al. 2013, in TensorFlow's form.
 */
export function momentumStep({
  learningRate,
  decay,
  velocities,
  ...inputs
}: StepInputs & {decay: number; velocities: readonly Variable[]}): Scalar {
  return optimizerStep({...inputs, slots: [velocities], rule: {kind: 'momentum', learningRate, decay}});
}

/**
 * Adagrad, in place: `a += g²; p -= learningRate · g / (√a + epsilon)`. As `sgdStep`, with the accumulators (float32
 * variables of the parameters' shapes, a small positive number at first) updated too.
 *
 * Source: Duchi et al. 2011.
 */
export function adagradStep({
  learningRate,
  epsilon,
  accumulators,
  ...inputs
}: StepInputs & {epsilon: number; accumulators: readonly Variable[]}): Scalar {
  return optimizerStep({...inputs, slots: [accumulators], rule: {kind: 'adagrad', learningRate, epsilon}});
}

/**
 * Adam, in place: `m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; p -= learningRate · m̂ / (√v̂ + epsilon)` with
 * `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`. As `sgdStep`, with both moments (float32 variables of the parameters'
 * shapes, zeros at first) updated too. `step` is t, 1 at the first call.
 *
 * With `weightDecay` it is AdamW: parameters of two dimensions and more, matrices and tables, are first multiplied by
 * `1 - learningRate · weightDecay`; of a table only the rows that have a gradient. Biases and gains do not decay.
 *
 * Source: Kingma & Ba 2015 (arXiv 1412.6980); Loshchilov & Hutter 2019 (arXiv 1711.05101).
 */
export function adamStep({
  learningRate,
  beta1,
  beta2,
  epsilon,
  step,
  weightDecay = 0,
  firstMoments,
  secondMoments,
  ...inputs
}: StepInputs & {
  beta1: number;
  beta2: number;
  epsilon: number;
  step: number;
  /** 0, the default, or more; PyTorch's default is 0.01. */
  weightDecay?: number;
  firstMoments: readonly Variable[];
  secondMoments: readonly Variable[];
}): Scalar {
  const rule: UpdateRule = {kind: 'adam', learningRate, beta1, beta2, epsilon, step, weightDecay};
  return optimizerStep({...inputs, slots: [firstMoments, secondMoments], rule});
}

/** The common shape of all steps: `slots` holds, for each kind of state, one variable a parameter. */
export interface OptimizerStep {
  parameters: readonly Variable[];
  gradients: readonly (Tensor | SparseRows)[];
  slots: readonly (readonly Variable[])[];
  rule: UpdateRule;
  clipNorm?: number;
}

function optimizerStep(step: OptimizerStep): Scalar {
  const {parameters, gradients, slots, rule, clipNorm} = step;
  const operation = `${rule.kind}Step`;
  for (const [name, tensors] of [['gradients', gradients], ...slots.map((slot) => ['state', slot] as const)] as const) {
    if (tensors.length !== parameters.length) {
      throw new ShapeError(
        `${operation}: ${tensors.length} ${name} for ${parameters.length} parameters, expected one for each.`,
      );
    }
  }
  parameters.forEach((parameter, index) => {
    const shape = parameter?.shape ?? [];
    expectShape(operation, `parameters[${index}]`, parameter, {shape, dtype: 'float32'});
    expectGradient(operation, `gradients[${index}]`, gradients[index]!, shape);
    for (const slot of slots) expectShape(operation, `state[${index}]`, slot[index]!, {shape, dtype: 'float32'});
  });
  if (clipNorm !== undefined && !(clipNorm > 0)) {
    throw new RangeError(`${operation}: clipNorm is ${clipNorm}, expected a number above 0, or nothing.`);
  }
  registerKernels();
  const inputs = {
    parameters,
    gradients: gradients.map((gradient) => (isSparseRows(gradient) ? gradient.values : gradient)),
    // Of each parameter whose gradient is rows, which; of the others, nothing.
    ids: gradients.map((gradient) => (isSparseRows(gradient) ? gradient.ids : undefined)),
    slots: slots.flat(),
  } as unknown as NamedTensorMap;
  if (!hasKernel('OptimizerStep', {rows: gradients.some(isSparseRows)}, inputs)) return optimizerStepReference(step);
  const attributes = {rule, clipNorm} as unknown as Record<string, number>;
  return engine().runKernel('OptimizerStep', inputs, attributes) as Scalar;
}

function expectGradient(operation: string, name: string, gradient: Tensor | SparseRows, shape: number[]): void {
  if (!isSparseRows(gradient)) {
    expectShape(operation, name, gradient, {shape, dtype: 'float32'});
    return;
  }
  if (shape.length === 0) {
    throw new ShapeError(`${operation}: ${name} is rows of a table, expected float32 [].`);
  }
  const {ids, values} = gradient;
  expectShape(operation, `${name}.ids`, ids, {shape: ['N'], dtype: 'int32'});
  expectShape(operation, `${name}.values`, values, {shape: [ids.size, ...shape.slice(1)], dtype: 'float32'});
  debugIds(`${operation}: ${name}.ids`, ids, shape[0]!, -1);
}
