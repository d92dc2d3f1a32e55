// The LSTM on tfjs-node, composed of TensorFlow's own operations. Forward: the part of the gates that comes from the
// inputs, for all steps at once; then for each step a product with R and the equations one by one. Backward: for each step
// LSTMBlockCellGrad, which is the pointwise part in one pass, and a product; after the loop one product for all of dR.
//
// Small layers go by BlockLSTMV2 instead, the whole pass in one operation (tensorflow-block.ts); its product is slower.

import type {NamedTensorInfoMap, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
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
import {multiplyTransposed} from '../matrix-product/tensorflow';
import type {RecurrentAttributes} from '../sequence/attributes';
import {stepsInOrder} from '../sequence/cpu';
import {sequenceSizes} from '../sequence/sizes';
import {
  fromInputs,
  going,
  inputGradients,
  pack,
  statesBefore,
  timesTransposed,
  unpack,
  zeros,
} from '../sequence/tensorflow';
import {backwardBlock, fitsBlock, forwardBlock} from './tensorflow-block';

/** i f c o, [B, H] each. */
export type Four = [TensorflowTensor, TensorflowTensor, TensorflowTensor, TensorflowTensor];

interface Call {
  inputs: NamedTensorInfoMap;
  attrs?: RecurrentAttributes;
  backend: TensorflowBackend;
}

/** Beside the outputs and the final state, what the gradient needs: the gates `[4T, B, H]`, i f c o of each step; cells. */
function forward({inputs, attrs, backend}: Call): Tensor[] {
  if (!attrs?.reverse && fitsBlock(inputs as Record<string, TensorInfo>)) {
    return forwardBlock(inputs as Record<string, TensorInfo>, backend);
  }
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {lengths, candidateMask, ...tensors} = inputs as Record<string, TensorInfo>;
  const {recurrentKernel, hidden, cell} = tensors as Record<string, TensorInfo>;
  return withOps(backend, (ops) => {
    const projected = fromInputs(ops, 'lstm', tensors as Record<'x' | 'kernel' | 'bias', TensorInfo>); // [T, B, 4H]
    let h = ops.run('Identity', [hidden!]);
    let s = ops.run('Identity', [cell!]);
    if (steps === 0 || batch === 0) {
      const states = () => zeros(ops, [steps, batch, hiddenSize]);
      return [states(), h, s, zeros(ops, [4 * steps, batch, hiddenSize]), states()];
    }
    const inputAt = unpack(ops, projected);
    const maskAt = candidateMask && unpack(ops, candidateMask);
    const {live, liveAt} = going(ops, steps, lengths);
    const gates: TensorflowTensor[][] = [];
    const outputs: TensorflowTensor[] = [];
    const cells: TensorflowTensor[] = [];
    for (const step of stepsInOrder(steps, attrs?.reverse ?? false)) {
      const [hidden, cell, ...newGates] = ops.step(() => {
        const sums = ops.run('AddV2', [inputAt[step]!, ops.run('MatMul', [h, recurrentKernel!])]); // [B, 4H]
        const {newGates, newCell, newHidden} = cellStep(ops, sums, s, maskAt?.[step]);
        const goesOn = liveAt[step];
        if (!goesOn) return [newHidden, newCell, ...newGates];
        const keep = (now: TensorflowTensor, before: TensorflowTensor) => ops.run('SelectV2', [goesOn, now, before]);
        return [keep(newHidden, h), keep(newCell, s), ...newGates];
      });
      gates[step] = newGates;
      outputs[step] = h = hidden!;
      cells[step] = s = cell!;
    }
    const states = pack(ops, outputs);
    const cleared = live ? ops.run('SelectV2', [live, states, ops.constant('float32', [0])]) : states;
    return [cleared, h, s, pack(ops, gates.flat()), pack(ops, cells)];
  });
}

/** From the sums [B, 4H] that the gates are activations of: the gates [B, H] i f c o, and the state after the step. */
export function cellStep(ops: TensorflowOps, sums: TensorflowInput, cell: TensorflowInput, mask?: TensorflowInput) {
  const mul = (a: TensorflowInput, b: TensorflowInput) => ops.run('Mul', [a, b]);
  const parts = ops.runMany('Split', [ops.constant('int32', [1]), sums], {num_split: int(4)}, 4);
  const newGates = parts.map((part, gate) => ops.run(gate === 2 ? 'Tanh' : 'Sigmoid', [part])) as Four;
  const [i, f, c, o] = newGates;
  const newCell = ops.run('AddV2', [mul(f, cell), mul(i, mask ? mul(c, mask) : c)]);
  return {newGates, newCell, newHidden: mul(o, ops.run('Tanh', [newCell]))};
}

export interface StepToDifferentiate {
  /** i f c o. */
  gates: Four;
  cellBefore: TensorflowInput;
  cell: TensorflowInput;
  /** tanh of `cell`. */
  squashed: TensorflowInput;
  cellGradient: TensorflowInput;
  hiddenGradient: TensorflowInput;
}

/**
 * Gives a function from the gradient of the state after a step to that of the cell before it and of the sums [B, 4H] its
 * gates are activations of, in the order i c f o.
 */
export function cellGradients(ops: TensorflowOps, hidden: TensorflowInput, recurrentKernel: TensorflowInput) {
  const [batch, hiddenSize] = hidden.shape as [number, number];
  // What LSTMBlockCellGrad takes for the forward pass and, without peepholes, only looks at the shapes of.
  const noInput = ops.constant('float32', [], [batch, 0]);
  const unused = zeros(ops, [hiddenSize]);
  const unusedBias = zeros(ops, [4 * hiddenSize]);
  return ({gates: [i, f, c, o], ...step}: StepToDifferentiate) =>
    ops.runMany(
      'LSTMBlockCellGrad',
      [
        ...[noInput, step.cellBefore, hidden, recurrentKernel, unused, unused, unused, unusedBias],
        ...[i, step.cell, f, o, c, step.squashed, step.cellGradient, step.hiddenGradient],
      ],
      {use_peephole: false},
      5,
    ) as [cellBefore: TensorflowTensor, sums: TensorflowTensor];
}

/** Columns in the order i, f, c, o as i, c, f, o, and the other way round. */
export function exchangeFAndC(ops: TensorflowOps, tensor: TensorflowInput): TensorflowTensor {
  const {shape} = tensor;
  const gates = ops.reshape(tensor, [...shape.slice(0, -1), 4, shape.at(-1)! / 4]);
  const order = ops.constant('int32', [0, 2, 1, 3], [4]);
  return ops.reshape(ops.run('GatherV2', [gates, order, ops.constant('int32', [shape.length - 1])]), shape);
}

function backward({inputs, attrs, backend}: Call): Tensor[] {
  if (!attrs?.reverse && fitsBlock(inputs as Record<string, TensorInfo>)) {
    return backwardBlock(inputs as Record<string, TensorInfo>, attrs ?? {}, backend);
  }
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {lengths, candidateMask, ...tensors} = inputs as Record<string, TensorInfo>;
  const {recurrentKernel, hidden, cell, gates, cells, outputsGradient, hiddenGradient, cellGradient} =
    tensors as Record<string, TensorInfo>;
  const reverse = attrs?.reverse ?? false;
  return withOps(backend, (ops) => {
    const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
    const select = (where: TensorflowInput, a: TensorflowInput, b: TensorflowInput) =>
      ops.run('SelectV2', [where, a, b]);
    let dh = ops.run('Identity', [hiddenGradient!]);
    let ds = ops.run('Identity', [cellGradient!]);
    if (steps === 0 || batch === 0) {
      const weights = [[inputSize, 4 * hiddenSize], [hiddenSize, 4 * hiddenSize], [4 * hiddenSize]];
      const results = [...weights.map((shape) => zeros(ops, shape)), dh, ds];
      return fromIds ? results : [...results, zeros(ops, [steps, batch, inputSize])];
    }
    const gateAt = unpack(ops, gates!);
    const cellAt = unpack(ops, cells!);
    const squashedAt = unpack(ops, ops.run('Tanh', [cells!]));
    const {live, liveAt} = going(ops, steps, lengths);
    const zero = ops.constant('float32', [0]);
    const upstreamAt =
      !attrs?.finalStateOnly && unpack(ops, live ? select(live, outputsGradient!, zero) : outputsGradient!);
    const maskAt = candidateMask && unpack(ops, gateFactors(ops, candidateMask));
    // Either the sums or the weights and their gradients change the order of their columns: what are fewer rows.
    const ofSums = steps * batch < inputSize + hiddenSize;
    const ordered = (weights: TensorflowInput) => (ofSums ? weights : exchangeFAndC(ops, weights));
    const backward = timesTransposed(ops, ordered(recurrentKernel!), steps);
    const differentiate = cellGradients(ops, hidden!, recurrentKernel!);
    const sums: TensorflowTensor[] = []; // gradients of the gates before their activations, [B, 4H]
    for (const step of stepsInOrder(steps, !reverse)) {
      [dh, ds, sums[step]] = ops.step(() => {
        let [dsBefore, dSums] = differentiate({
          gates: gateAt.slice(4 * step, 4 * step + 4) as Four,
          cellBefore: cellAt[reverse ? step + 1 : step - 1] ?? cell!,
          ...{cell: cellAt[step]!, squashed: squashedAt[step]!},
          ...{cellGradient: ds, hiddenGradient: upstreamAt ? add(dh, upstreamAt[step]!) : dh},
        });
        if (maskAt) dSums = ops.run('Mul', [dSums, maskAt[step]!]);
        const goesOn = liveAt[step];
        if (goesOn) {
          dSums = select(goesOn, dSums, zero);
          dsBefore = select(goesOn, dsBefore, ds);
        }
        if (ofSums) dSums = exchangeFAndC(ops, dSums);
        const dhBefore = backward(dSums);
        return [goesOn ? select(goesOn, dhBefore, dh) : dhBefore, dsBefore, dSums];
      }) as [TensorflowTensor, TensorflowTensor, TensorflowTensor];
    }
    const all = ops.reshape(pack(ops, sums), [steps * batch, 4 * hiddenSize]);
    const states = statesBefore(ops, {hidden: hidden!, outputs: tensors.outputs!}, reverse, live);
    const [kernel, bias] = inputGradients(ops, tensors.x!, inputSize, all);
    const weights = [kernel, ops.run('MatMul', [states, all], {transpose_a: true}), bias];
    const results = [...(weights.map(ordered) as TensorflowTensor[]), dh, ds];
    if (fromIds || attrs?.constantInput) return results;
    const dx = multiplyTransposed(ops, all, ordered(tensors.kernel!));
    return [...results, ops.reshape(dx, [steps, batch, inputSize])];
  });
}

/** What the mask of the candidate [T, B, H] makes of the gradients of i, c, f and o: i is multiplied with c. */
function gateFactors(ops: TensorflowOps, mask: TensorInfo): TensorflowTensor {
  const ones = ops.run('OnesLike', [mask]);
  return ops.run('ConcatV2', [mask, mask, ones, ones, ops.constant('int32', [2])], {N: int(4), T: type('float32')});
}

const supports = () => true;

export const lstmTensorflow = [
  {kernelName: 'FusedLSTM', backendName: 'tensorflow', kernelFunc: forward, supports},
  {kernelName: 'FusedLSTMGrad', backendName: 'tensorflow', kernelFunc: backward},
] as unknown as SelectiveKernel[];
