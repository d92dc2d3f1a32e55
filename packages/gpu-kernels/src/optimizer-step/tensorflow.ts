// Optimizer steps on tfjs-node, in place. A tensor of tfjs-node is a value that nothing changes, but the ops InplaceAdd,
// InplaceSub and InplaceUpdate of TensorFlow write rows into the memory of their input, and so reach into it: a table that
// is looked up stays an ordinary tfjs variable, and a step costs what its rows cost (docs/decisions/0008). Dense gradients
// are one row as long as the parameter.
//
// Nothing is read back but ids: where the norm is not finite, `Select` hands the old state on, and MulNoNan makes zeros of
// every change.
import type {Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
  withOps,
} from '../backends/tensorflow-op';
import {expectRowIds} from '../rows/cpu';
import {keptPart} from './kept-part';
import type {UpdateRule} from './optimizer-step';

interface Call {
  inputs: {parameters: TensorInfo[]; gradients: TensorInfo[]; ids: (TensorInfo | undefined)[]; slots: TensorInfo[]};
  attrs: {rule: UpdateRule; clipNorm?: number};
  backend: TensorflowBackend;
}

/** The square root of the sum of all squares. */
function globalNorm(ops: TensorflowOps, gradients: TensorInfo[]): TensorflowTensor {
  if (gradients.length === 0) return ops.constant('float32', [0]);
  const halves = gradients.map((gradient) => ops.run('L2Loss', [gradient])); // the sum of squares, halved
  const half = ops.run('AddN', halves, {N: int(halves.length), T: type('float32')});
  return ops.run('Sqrt', [ops.run('AddV2', [half, half])]);
}

/** What a step changes of one parameter: some rows of it and of its state. */
interface Rows {
  parameter: TensorflowInput;
  state: TensorflowInput[];
  ids: TensorflowInput;
  gradient: TensorflowInput;
}

/** The whole of a parameter as one row of its own memory, which is row `first`. */
function wholeOf(
  ops: TensorflowOps,
  {parameter, state, gradient}: {parameter: TensorInfo; state: TensorInfo[]; gradient: TensorInfo},
  first: TensorflowTensor,
): Rows {
  const size = parameter.shape.reduce((product, length) => product * length, 1);
  const row = (tensor: TensorInfo) => ops.reshape(tensor, [1, size]);
  return {parameter: row(parameter), state: state.map(row), ids: first, gradient: row(gradient)};
}

/** The rows that are listed, but those of id -1. */
function listedRows(ops: TensorflowOps, rows: Rows, listed: Int32Array): Rows {
  const kept = [...listed.keys()].filter((index) => listed[index]! >= 0);
  if (kept.length === listed.length) return rows;
  const places = ops.constant('int32', kept, [kept.length]);
  const [ids, gradient] = [rows.ids, rows.gradient].map((tensor) => take(ops, tensor, places));
  return {...rows, ids: ids!, gradient: gradient!};
}

function take(ops: TensorflowOps, tensor: TensorflowInput, ids: TensorflowInput): TensorflowTensor {
  return ops.run('GatherV2', [tensor, ids, ops.constant('int32', [0])]);
}

/** How far a parameter moves in its direction. */
function rateOf(rule: UpdateRule): number {
  return rule.kind === 'adam' ? rule.learningRate / (1 - rule.beta1 ** rule.step) : rule.learningRate;
}

/**
 * The state after the step and the direction in which the parameter moves, from the gradient (clipped), the state before and,
 * where it decays, the parameter.
 */
function update(
  ops: TensorflowOps,
  rule: UpdateRule,
  gradient: TensorflowInput,
  before: TensorflowInput[],
  decaying: TensorflowInput | undefined,
): {state: TensorflowTensor[]; direction: TensorflowInput} {
  const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
  const times = (factor: number, tensor: TensorflowInput) =>
    ops.run('Mul', [tensor, ops.constant('float32', [factor])]);
  const divided = (tensor: TensorflowInput, squares: TensorflowInput, epsilon: number) =>
    ops.run('RealDiv', [tensor, add(ops.run('Sqrt', [squares]), ops.constant('float32', [epsilon]))]);
  switch (rule.kind) {
    case 'sgd':
      return {state: [], direction: gradient};
    case 'momentum': {
      const velocity = add(times(rule.decay, before[0]!), gradient);
      return {state: [velocity], direction: velocity};
    }
    case 'adagrad': {
      const accumulator = add(before[0]!, ops.run('Square', [gradient]));
      return {state: [accumulator], direction: divided(gradient, accumulator, rule.epsilon)};
    }
    case 'adam': {
      const {beta1, beta2, epsilon, step, weightDecay} = rule;
      const first = add(times(beta1, before[0]!), times(1 - beta1, gradient));
      const second = add(times(beta2, before[1]!), times(1 - beta2, ops.run('Square', [gradient])));
      const adam = divided(first, times(1 / (1 - beta2 ** step), second), epsilon);
      const direction = decaying ? add(adam, times(weightDecay * (1 - beta1 ** step), decaying)) : adam;
      return {state: [first, second], direction};
    }
  }
}

function optimizerStep({inputs, attrs: {rule, clipNorm}, backend}: Call): Tensor {
  const {parameters, gradients, slots} = inputs;
  const [norm] = withOps(backend, (ops) => {
    const listed = inputs.ids.map((ids) => ids && (ops.read(ids) as Int32Array));
    listed.forEach((ids, index) => {
      if (ids) expectRowIds(`${rule.kind}Step: gradients[${index}].ids`, ids, parameters[index]!.shape[0]!);
    });
    const norm = globalNorm(ops, gradients);
    const isSound = ops.run('IsFinite', [norm]);
    const sound = ops.run('Cast', [isSound], {DstT: type('float32')}); // 1 or 0
    const limit = clipNorm !== undefined && ops.constant('float32', [clipNorm]);
    const scale = limit && ops.run('RealDiv', [limit, ops.run('Maximum', [norm, limit])]);
    // Plain descent is linear: there the clip is a part of the rate, and no pass by itself.
    const inRate = rule.kind === 'sgd' && scale;
    const rate = ops.constant('float32', [rateOf(rule)]);
    const length = ops.run('MulNoNan', [inRate ? ops.run('Mul', [rate, scale]) : rate, sound]);
    const first = ops.constant('int32', [0], [1]);

    parameters.forEach((parameter, index) => {
      const state = slots.filter((_, slot) => slot % parameters.length === index);
      const [gradient, ids] = [gradients[index]!, inputs.ids[index]];
      const rows = ids
        ? listedRows(ops, {parameter, state, ids, gradient}, listed[index]!)
        : wholeOf(ops, {parameter, state, gradient}, first);
      const before = ids ? rows.state.map((slot) => take(ops, slot, rows.ids)) : rows.state;
      const decays = keptPart(rule, parameter) !== 1;
      const decaying = decays ? (ids ? take(ops, rows.parameter, rows.ids) : rows.parameter) : undefined;
      const clipped = scale && !inRate ? ops.run('Mul', [rows.gradient, scale]) : rows.gradient;
      const {state: after, direction} = update(ops, rule, clipped, before, decaying);
      after.forEach((values, slot) => {
        const kept = ops.run('Select', [isSound, values, before[slot]!]);
        ops.run('InplaceUpdate', [rows.state[slot]!, rows.ids, kept]);
      });
      ops.run('InplaceSub', [rows.parameter, rows.ids, ops.run('MulNoNan', [direction, length])]);
    });
    return [norm];
  });
  return norm!;
}

export const optimizerStepTensorflow = [
  {kernelName: 'OptimizerStep', backendName: 'tensorflow', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
