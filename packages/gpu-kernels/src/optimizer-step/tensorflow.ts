// Optimizer steps on tfjs-node, in place. A tensor of tfjs-node is a value that nothing changes, but the ops InplaceAdd,
// InplaceSub and InplaceUpdate of TensorFlow write rows into the memory of their input, and so reach into it: a table that
// is looked up stays an ordinary tfjs variable, and a step costs what its rows cost (docs/decisions/0008). Dense gradients
// are one row as long as the parameter.
//
// Rows by Adagrad are TensorFlow's own sparse update of a variable, where the table can be lent to one.
//
// Nothing is read back but ids: where the norm is not finite, `Select` hands the old state on, and MulNoNan makes zeros of
// every change.
import {dispose, type Tensor, type TensorInfo, tensor1d} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {withGraph} from '../backends/tensorflow-graph';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
  withOps,
} from '../backends/tensorflow-op';
import {asVariables, hasVariables} from '../backends/tensorflow-variable';
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

/** What a step changes of one parameter: some rows of it and of its state, as they lie in memory. */
interface Rows<Memory = TensorflowInput> {
  parameter: Memory;
  state: Memory[];
  ids: TensorflowInput;
  gradient: TensorflowInput;
}

/** The whole of a parameter as one row of its own memory, which is row `ids` = 0. */
function wholeOf(ops: TensorflowOps, {parameter, state, ids, gradient}: Rows<TensorInfo>): Rows {
  const size = parameter.shape.reduce((product, length) => product * length, 1);
  const row = (tensor: TensorflowInput) => ops.reshape(tensor, [1, size]);
  return {parameter: row(parameter), state: state.map(row), ids, gradient: row(gradient)};
}

/** The rows that are listed, but those of id -1. */
function listedRows<Memory>(ops: TensorflowOps, rows: Rows<Memory>, listed: Int32Array): Rows<Memory> {
  const kept = [...listed.keys()].filter((index) => listed[index]! >= 0);
  if (kept.length === listed.length) return rows;
  const places = ops.constant('int32', kept, [kept.length]);
  const [ids, gradient] = [rows.ids, rows.gradient].map((tensor) => take(ops, tensor, places));
  return {...rows, ids: ids!, gradient: gradient!};
}

function take(ops: TensorflowOps, tensor: TensorflowInput, ids: TensorflowInput): TensorflowTensor {
  return ops.run('GatherV2', [tensor, ids, ops.constant('int32', [0])]);
}

/** What of a step changes with its number, and with the rate. */
interface Factors<Number> {
  /** How far a parameter moves in its direction. */
  rate: Number;
  /** Adam's: what the second moment is multiplied with, and what a parameter that decays adds to its direction of itself. */
  correction: Number;
  decay: Number;
}

function factorsOf(rule: UpdateRule): Factors<number> {
  if (rule.kind !== 'adam') return {rate: rule.learningRate, correction: 1, decay: 0};
  const {learningRate, beta1, beta2, step, weightDecay} = rule;
  const first = 1 - beta1 ** step;
  return {rate: learningRate / first, correction: 1 / (1 - beta2 ** step), decay: weightDecay * first};
}

/**
 * The state after the step and the direction in which the parameter moves, from the gradient (clipped), the state before and,
 * where it decays, the parameter.
 */
function update(
  ops: TensorflowOps,
  {rule, correction, decay}: {rule: UpdateRule} & Factors<TensorflowInput>,
  gradient: TensorflowInput,
  before: TensorflowInput[],
  decaying: TensorflowInput | undefined,
): {state: TensorflowTensor[]; direction: TensorflowInput} {
  const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
  const mul = (a: TensorflowInput, b: TensorflowInput) => ops.run('Mul', [a, b]);
  const times = (factor: number, tensor: TensorflowInput) => mul(tensor, ops.constant('float32', [factor]));
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
      const {beta1, beta2, epsilon} = rule;
      const first = add(times(beta1, before[0]!), times(1 - beta1, gradient));
      const second = add(times(beta2, before[1]!), times(1 - beta2, ops.run('Square', [gradient])));
      const adam = divided(first, mul(second, correction), epsilon);
      return {state: [first, second], direction: decaying ? add(adam, mul(decaying, decay)) : adam};
    }
  }
}

/** What a step does with the gradients' norm: all of it on TensorFlow's side, so that nothing is waited for. */
interface Pace extends Factors<TensorflowTensor> {
  isSound: TensorflowTensor;
  /** 1, or 0 where the norm is not finite: then nothing may change. */
  sound: TensorflowTensor;
  /** How far a parameter moves in its direction: nowhere where the norm is not finite. */
  length: TensorflowTensor;
  /** What gradients are multiplied with before anything else, where they are clipped. */
  clip: TensorflowTensor | false;
}

/** Changes rows of a table and its accumulators by the op of TensorFlow that is Adagrad. */
function applySparsely(
  ops: TensorflowOps,
  backend: TensorflowBackend,
  epsilon: number,
  {rate, clip, isSound, sound}: Pace,
  {parameter, state, ids, gradient}: Rows<TensorInfo>,
): void {
  // What is not finite becomes zeros here, or it would go into the table whatever the rate; and they are divided by no zero.
  const clipped = ops.run('MulNoNan', [gradient, clip ? ops.run('MulNoNan', [clip, sound]) : sound]);
  const divisor = ops.run('Select', [isSound, ops.constant('float32', [epsilon]), ops.constant('float32', [1])]);
  const inputs = [rate, divisor, clipped, ids];
  asVariables(ops, backend, [parameter, ...state], (variables) => {
    ops.runMany('ResourceSparseApplyAdagradV2', [...variables, ...inputs], {}, 0);
  });
}

/** Changes rows by ops that write into the memory of their inputs. Gives everything that was written to. */
function updateInPlace(
  ops: TensorflowOps,
  rule: UpdateRule,
  {rate, correction, decay, clip, isSound, length}: Pace,
  {parameter, state, ids, gradient}: Rows,
  {decays, whole}: {decays: boolean; whole: boolean},
): TensorflowTensor[] {
  // Not Mul, which a graph would draw together with the factors that follow, to another rounding than that of the ops.
  const clipped = clip ? ops.run('MulNoNan', [gradient, clip]) : gradient;
  const rowsOf = (tensor: TensorflowInput) => (whole ? tensor : take(ops, tensor, ids));
  const before = state.map(rowsOf);
  const decaying = decays ? rowsOf(parameter) : undefined;
  const {state: after, direction} = update(ops, {rule, rate, correction, decay}, clipped, before, decaying);
  const kept = after.map((values, slot) => ops.run('Select', [isSound, values, before[slot]!]));
  return [
    ...kept.map((values, slot) => ops.run('InplaceUpdate', [state[slot]!, ids, values])),
    ops.run('InplaceSub', [parameter, ids, ops.run('MulNoNan', [direction, length])]),
  ];
}

/** Changes the parameters and their state. Gives the norm of the gradients, then everything that was written to in place. */
function takeStep(
  ops: TensorflowOps,
  call: Call,
  factors: TensorInfo,
  listed: readonly (Int32Array | undefined)[],
): TensorflowTensor[] {
  const {inputs, attrs, backend} = call;
  const {parameters, gradients, slots} = inputs;
  const {rule, clipNorm} = attrs;
  const norm = globalNorm(ops, gradients);
  const isSound = ops.run('IsFinite', [norm]);
  const sound = ops.run('Cast', [isSound], {DstT: type('float32')});
  const limit = clipNorm !== undefined && ops.constant('float32', [clipNorm]);
  const scale = limit && ops.run('RealDiv', [limit, ops.run('Maximum', [norm, limit])]);
  const [rate, correction, decay] = ops.runMany('Unpack', [factors], {num: int(3)}, 3) as Three;
  // Plain descent is linear: there the clip is a part of the length, and no pass by itself.
  const inLength = rule.kind === 'sgd' && scale;
  const length = ops.run('MulNoNan', [inLength ? ops.run('Mul', [rate, scale]) : rate, sound]);
  const pace = {rate, correction, decay, isSound, sound, length, clip: !inLength && scale};
  const first = ops.constant('int32', [0], [1]);
  const sparsely = rule.kind === 'adagrad' && listed.some(Boolean) && hasVariables(backend);
  const written = parameters.flatMap((parameter, index) => {
    const state = slots.filter((_, slot) => slot % parameters.length === index);
    const rows = {parameter, state, ids: inputs.ids[index] ?? first, gradient: gradients[index]!};
    const decays = keptPart(rule, parameter) !== 1;
    if (!listed[index]) return updateInPlace(ops, rule, pace, wholeOf(ops, rows), {decays, whole: true});
    const some = listedRows(ops, rows, listed[index]);
    if (!sparsely) return updateInPlace(ops, rule, pace, some, {decays, whole: false});
    applySparsely(ops, backend, rule.epsilon, pace, some);
    return [];
  });
  return [norm, ...written];
}

type Three = [TensorflowTensor, TensorflowTensor, TensorflowTensor];

function optimizerStep(call: Call): Tensor {
  const {inputs, attrs, backend} = call;
  const listed = inputs.ids.map((ids) => ids && (backend.readSync(ids.dataId) as Int32Array));
  const {kind} = attrs.rule;
  listed.forEach((ids, index) => {
    if (ids) expectRowIds(`${kind}Step: gradients[${index}].ids`, ids, inputs.parameters[index]!.shape[0]!);
  });
  const {rate, correction, decay} = factorsOf(attrs.rule);
  const factors = tensor1d([rate, correction, decay]);
  try {
    // How many rows are listed is another number at every step; where whole parameters change, the ops are always the same.
    if (listed.some(Boolean)) {
      const [norm] = withOps(backend, (ops) => takeStep(ops, call, factors, listed).slice(0, 1));
      return norm!;
    }
    const {parameters, gradients, slots} = inputs;
    const named = Object.fromEntries([factors, ...parameters, ...gradients, ...slots].entries());
    const [norm, ...written] = withGraph(backend, {name: nameOf(attrs), inputs: named, inPlace: true}, (ops) =>
      takeStep(ops, call, factors, listed),
    );
    dispose(written);
    return norm!;
  } finally {
    factors.dispose();
  }
}

/** All that a step is made of but the factors. */
function nameOf({rule, clipNorm}: Call['attrs']): string {
  const {learningRate, ...constants} = rule;
  const decays = keptPart(rule, {shape: [1, 1]}) !== 1;
  return JSON.stringify({...constants, step: undefined, weightDecay: undefined, decays, clipNorm});
}

export const optimizerStepTensorflow = [
  {kernelName: 'OptimizerStep', backendName: 'tensorflow', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
