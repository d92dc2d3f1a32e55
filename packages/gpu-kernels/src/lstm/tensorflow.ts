// The LSTM on tfjs-node, composed of TensorFlow's own operations. Forward: the part of the gates that comes from the
// inputs, for all steps at once; then for each step a product with R and the equations one by one. Backward: for each step
// LSTMBlockCellGrad, which is the pointwise part in one pass, and a product; after the loop one product for all of dR.
//
// Small layers go by BlockLSTMV2 instead, the whole pass in one operation (tensorflow-block.ts); its product is slower.

import type {NamedTensorInfoMap, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {withGraph} from '../backends/tensorflow-graph';
import {
  int,
  type TensorflowBackend,
  type TensorflowInput,
  type TensorflowOps,
  type TensorflowTensor,
  type,
} from '../backends/tensorflow-op';
import {multiplyTransposed} from '../matrix-product/tensorflow';
import type {RecurrentAttributes} from '../sequence/attributes';
import {stepsInOrder} from '../sequence/cpu';
import {sequenceSizes} from '../sequence/sizes';
import {
  expectInputIds,
  fromInputs,
  gateSums,
  going,
  inputGradients,
  joinRows,
  pack,
  packParts,
  rowsInParts,
  shorter,
  statesBefore,
  timesTransposed,
  unpackParts,
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
  const {candidateMask, ...tensors} = inputs as Record<string, TensorInfo>;
  const lengths = shorter(backend, steps, inputs.lengths as TensorInfo | undefined);
  const {recurrentKernel, hidden, cell} = tensors as Record<string, TensorInfo>;
  const given = tensors as Record<'x' | 'kernel' | 'bias', TensorInfo>;
  const reverse = attrs?.reverse ?? false;
  expectInputIds(backend, 'lstm', given);
  const name = `lstm ${reverse}`;
  return withGraph(backend, {name, inputs: {...inputs, lengths}, rows: batch}, (ops, parts) => {
    const projected = fromInputs(ops, given); // [T, B, 4H]
    if (steps === 0 || batch === 0) {
      const states = () => zeros(ops, [steps, batch, hiddenSize]);
      const [h, s] = [hidden!, cell!].map((state) => ops.run('Identity', [state])) as [
        TensorflowTensor,
        TensorflowTensor,
      ];
      return [states(), h, s, zeros(ops, [4 * steps, batch, hiddenSize]), states()];
    }
    const sumsAt = gateSums(ops, {inputs: projected, weights: recurrentKernel!, parts});
    // By step and part, each [B / parts, ...].
    const maskAt = candidateMask && unpackParts(ops, candidateMask, parts);
    const {live, liveAt} = going(ops, {steps, parts}, lengths);
    const [h, s] = [hidden!, cell!].map((state) => rowsInParts(ops, state, parts));
    const gates: TensorflowTensor[] = [];
    const outputs: TensorflowTensor[] = [];
    const cells: TensorflowTensor[] = [];
    for (const step of stepsInOrder(steps, reverse)) {
      for (let part = 0; part < parts; part++) {
        const at = step * parts + part;
        const [before, cellBefore] = [h![part]!, s![part]!];
        const [hidden, cell, ...newGates] = ops.step(() => {
          const {newGates, newCell, newHidden} = cellStep(ops, sumsAt(at, before), cellBefore, maskAt?.[at]);
          const goesOn = liveAt[at];
          if (!goesOn) return [newHidden, newCell, ...newGates];
          const keep = (now: TensorflowTensor, before: TensorflowTensor) => ops.run('SelectV2', [goesOn, now, before]);
          return [keep(newHidden, before), keep(newCell, cellBefore), ...newGates];
        });
        newGates.forEach((gate, index) => {
          gates[(4 * step + index) * parts + part] = gate;
        });
        outputs[at] = h![part] = hidden!;
        cells[at] = s![part] = cell!;
      }
    }
    const states = packParts(ops, outputs, parts);
    const cleared = live ? ops.run('SelectV2', [live, states, ops.constant('float32', [0])]) : states;
    return [cleared, joinRows(ops, h!), joinRows(ops, s!), packParts(ops, gates, parts), packParts(ops, cells, parts)];
  });
}

/** From the sums that the gates are activations of, i f c o, [B, H] each: the gates, and the state after the step. */
export function cellStep(
  ops: TensorflowOps,
  sums: readonly TensorflowInput[],
  cell: TensorflowInput,
  mask?: TensorflowInput,
) {
  const mul = (a: TensorflowInput, b: TensorflowInput) => ops.run('Mul', [a, b]);
  const newGates = sums.map((sum, gate) => ops.run(gate === 2 ? 'Tanh' : 'Sigmoid', [sum])) as Four;
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
export function cellGradients(
  ops: TensorflowOps,
  [batch, hiddenSize]: readonly [number, number],
  recurrentKernel: TensorflowInput,
) {
  // What LSTMBlockCellGrad takes for the forward pass and, without peepholes, only looks at the shapes of.
  const noInput = ops.constant('float32', [], [batch, 0]);
  const hidden = zeros(ops, [batch, hiddenSize]);
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
  const {candidateMask, ...tensors} = inputs as Record<string, TensorInfo>;
  const lengths = shorter(backend, steps, inputs.lengths as TensorInfo | undefined);
  const {recurrentKernel, hidden, cell, gates, cells, outputsGradient, hiddenGradient, cellGradient} =
    tensors as Record<string, TensorInfo>;
  const {reverse = false, finalStateOnly = false, constantInput = false} = attrs ?? {};
  const name = `lstm gradient ${[reverse, finalStateOnly, constantInput]}`;
  return withGraph(backend, {name, inputs: {...inputs, lengths}, rows: batch}, (ops, parts) => {
    const add = (a: TensorflowInput, b: TensorflowInput) => ops.run('AddV2', [a, b]);
    const select = (where: TensorflowInput, a: TensorflowInput, b: TensorflowInput) =>
      ops.run('SelectV2', [where, a, b]);
    if (steps === 0 || batch === 0) {
      const [dh, ds] = [hiddenGradient!, cellGradient!].map((gradient) => ops.run('Identity', [gradient]));
      const weights = [[inputSize, 4 * hiddenSize], [hiddenSize, 4 * hiddenSize], [4 * hiddenSize]];
      const results = [...weights.map((shape) => zeros(ops, shape)), dh!, ds!];
      return fromIds ? results : [...results, zeros(ops, [steps, batch, inputSize])];
    }
    // By step and part, each [B / parts, ...].
    const inParts = (tensor: TensorflowInput) => unpackParts(ops, tensor, parts);
    const [gateAt, cellAt, squashedAt] = [gates!, cells!, ops.run('Tanh', [cells!])].map(inParts);
    const [dh, ds, firstCell] = [hiddenGradient!, cellGradient!, cell!].map((tensor) =>
      rowsInParts(ops, tensor, parts),
    );
    const {live, liveAt} = going(ops, {steps, parts}, lengths);
    const zero = ops.constant('float32', [0]);
    const upstreamAt = !finalStateOnly && inParts(live ? select(live, outputsGradient!, zero) : outputsGradient!);
    const maskAt = candidateMask && inParts(gateFactors(ops, candidateMask));
    // Either the sums or the weights and their gradients change the order of their columns: what are fewer rows.
    const ofSums = steps * batch < inputSize + hiddenSize;
    const ordered = (weights: TensorflowInput) => (ofSums ? weights : exchangeFAndC(ops, weights));
    const backward = timesTransposed(ops, ordered(recurrentKernel!), {steps, rows: batch, parts});
    const differentiate = cellGradients(ops, [batch / parts, hiddenSize], recurrentKernel!);
    const sums: TensorflowTensor[] = []; // gradients of the gates before their activations, [B / parts, 4H]
    for (const step of stepsInOrder(steps, !reverse)) {
      for (let part = 0; part < parts; part++) {
        const at = step * parts + part;
        const [dHidden, dCell] = [dh![part]!, ds![part]!];
        [dh![part], ds![part], sums[at]] = ops.step(() => {
          let [dsBefore, dSums] = differentiate({
            gates: [0, 1, 2, 3].map((gate) => gateAt![(4 * step + gate) * parts + part]) as Four,
            cellBefore: cellAt![at + (reverse ? parts : -parts)] ?? firstCell![part]!,
            ...{cell: cellAt![at]!, squashed: squashedAt![at]!},
            ...{cellGradient: dCell, hiddenGradient: upstreamAt ? add(dHidden, upstreamAt[at]!) : dHidden},
          });
          if (maskAt) dSums = ops.run('Mul', [dSums, maskAt[at]!]);
          const goesOn = liveAt[at];
          if (goesOn) {
            dSums = select(goesOn, dSums, zero);
            dsBefore = select(goesOn, dsBefore, dCell);
          }
          if (ofSums) dSums = exchangeFAndC(ops, dSums);
          const dhBefore = backward(dSums);
          return [goesOn ? select(goesOn, dhBefore, dHidden) : dhBefore, dsBefore, dSums];
        }) as [TensorflowTensor, TensorflowTensor, TensorflowTensor];
      }
    }
    const all = ops.reshape(pack(ops, sums), [steps * batch, 4 * hiddenSize]);
    const states = statesBefore(ops, {hidden: hidden!, outputs: tensors.outputs!}, reverse, live);
    const [kernel, bias] = inputGradients(ops, tensors.x!, inputSize, all);
    const weights = [kernel, ops.run('MatMul', [states, all], {transpose_a: true}), bias];
    const results = [...(weights.map(ordered) as TensorflowTensor[]), joinRows(ops, dh!), joinRows(ops, ds!)];
    if (fromIds || constantInput) return results;
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
