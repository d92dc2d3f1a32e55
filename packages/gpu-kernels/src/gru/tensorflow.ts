// The GRU on tfjs-node, composed of TensorFlow's own operations, as the LSTM is (docs/decisions/0008). A step forward is a
// product for z and r, one for the candidate, and the equations; backward the same two products transposed. The products
// that give the gradients of the weights come after the loop, for all steps at once. Where the weights are few, a step is
// one operation of TensorFlow's (tensorflow-block.ts).

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
  going,
  inputGradients,
  joinRows,
  pack,
  packParts,
  rowsInParts,
  shorter,
  statesBefore,
  sum,
  timesTransposed,
  unpackParts,
  zeros,
} from '../sequence/tensorflow';
import {blockSteps, blockStepsBack, fitsBlock} from './tensorflow-block';

interface Call {
  inputs: NamedTensorInfoMap;
  attrs?: RecurrentAttributes;
  backend: TensorflowBackend;
}

type Two = [TensorflowTensor, TensorflowTensor];

type Gates = Record<'z' | 'r' | 'c', TensorflowTensor>;

/** One step of one part of a pass, from the state before it: the gates and the state after it, each `[B / parts, H]`. */
export type Step = (at: number, before: TensorflowTensor) => Gates & {after: TensorflowTensor};

/**
 * One step back of one part: gradients of the state before, and before the activations of the gates `[B / parts, 2H]` and the
 * candidate `[B / parts, H]`.
 */
export type StepBack = (
  at: number,
  gates: Gates,
  before: TensorflowTensor,
  dAfter: TensorflowTensor,
) => Record<'dBefore' | 'dGate' | 'dCandidate', TensorflowTensor>;

/** Beside the outputs and the final state, what the gradient needs: the gates `[3T, B, H]`, all z, then all r, then all c. */
function forward({inputs, attrs, backend}: Call): Tensor[] {
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const tensors = inputs as Record<string, TensorInfo>;
  const lengths = shorter(backend, steps, inputs.lengths as TensorInfo | undefined);
  const {hidden, x, kernel} = tensors as Record<'hidden' | 'x' | 'kernel', TensorInfo>;
  const reverse = attrs?.reverse ?? false;
  expectInputIds(backend, 'gru', {x, kernel});
  return withGraph(backend, {name: `gru ${reverse}`, inputs: {...inputs, lengths}, rows: batch}, (ops, parts) => {
    if (steps === 0 || batch === 0) {
      const h = ops.run('Identity', [hidden]);
      return [zeros(ops, [steps, batch, hiddenSize]), h, zeros(ops, [3 * steps, batch, hiddenSize])];
    }
    const next = fitsBlock(inputs as Record<string, TensorInfo>)
      ? blockSteps(ops, tensors, parts)
      : composedSteps(ops, inputs, parts);
    const h = rowsInParts(ops, hidden, parts);
    const {live, liveAt} = going(ops, {steps, parts}, lengths);
    const gates: TensorflowTensor[] = [];
    const outputs: TensorflowTensor[] = [];
    for (const step of stepsInOrder(steps, reverse)) {
      for (let part = 0; part < parts; part++) {
        const at = step * parts + part;
        const before = h[part]!;
        const {z, r, c, after} = next(at, before);
        const goesOn = liveAt[at];
        outputs[at] = h[part] = goesOn ? ops.run('SelectV2', [goesOn, after, before]) : after;
        [z, r, c].forEach((gate, index) => {
          gates[index * steps * parts + at] = gate;
        });
      }
    }
    const states = packParts(ops, outputs, parts);
    const cleared = live ? ops.run('SelectV2', [live, states, ops.constant('float32', [0])]) : states;
    return [cleared, joinRows(ops, h), packParts(ops, gates, parts)];
  });
}

/** Each step by operations of its own. */
function composedSteps(ops: TensorflowOps, inputs: NamedTensorInfoMap, parts: number): Step {
  const {run, mul, add, sub} = arithmetic(ops);
  const {recurrentKernel, candidateMask, ...tensors} = inputs as Record<string, TensorInfo>;
  const projected = fromInputs(ops, tensors as Record<'x' | 'kernel' | 'bias', TensorInfo>); // [T, B, 3H]
  const [gateWeights, candidateWeights] = splitCandidate(ops, recurrentKernel!);
  const [toGates, toCandidate] = splitCandidate(ops, projected).map((half) => unpackParts(ops, half, parts));
  const maskAt = candidateMask && unpackParts(ops, candidateMask, parts);
  const axis = ops.constant('int32', [1]);
  return (at, h) => {
    const opened = run('Sigmoid', [add(toGates![at]!, run('MatMul', [h, gateWeights]))]); // [B / parts, 2H]
    const [z, r] = ops.runMany('Split', [axis, opened], {num_split: int(2)}, 2) as Two;
    const c = run('Tanh', [add(toCandidate![at]!, run('MatMul', [mul(r, h), candidateWeights]))]);
    const candidate = maskAt ? mul(c, maskAt[at]!) : c;
    return {z, r, c, after: add(candidate, mul(z, sub(h, candidate)))}; // z h + (1 - z) c
  };
}

function backward({inputs, attrs, backend}: Call): Tensor[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const tensors = inputs as Record<string, TensorInfo>;
  const lengths = shorter(backend, steps, inputs.lengths as TensorInfo | undefined);
  const {x, kernel, hidden, outputs, gates, outputsGradient, hiddenGradient} = tensors as Record<string, TensorInfo>;
  const {reverse = false, finalStateOnly = false, constantInput = false} = attrs ?? {};
  const name = `gru gradient ${[reverse, finalStateOnly, constantInput]}`;
  return withGraph(backend, {name, inputs: {...inputs, lengths}, rows: batch}, (ops, parts) => {
    const {run, mul, add} = arithmetic(ops);
    if (steps === 0 || batch === 0) {
      const weights = [[inputSize, 3 * hiddenSize], [hiddenSize, 3 * hiddenSize], [3 * hiddenSize]];
      const results = [...weights.map((shape) => zeros(ops, shape)), run('Identity', [hiddenGradient!])];
      return fromIds ? results : [...results, zeros(ops, x!.shape)];
    }
    const byBlock = fitsBlock(inputs as Record<string, TensorInfo>);
    const back = byBlock ? blockStepsBack(ops, tensors, parts) : composedStepsBack(ops, tensors, {steps, parts});
    const gateAt = unpackParts(ops, gates!, parts);
    const {live, liveAt} = going(ops, {steps, parts}, lengths);
    const zero = ops.constant('float32', [0]);
    const upstreamAt =
      !finalStateOnly &&
      unpackParts(ops, live ? run('SelectV2', [live, outputsGradient!, zero]) : outputsGradient!, parts);
    const dh = rowsInParts(ops, hiddenGradient!, parts);
    const before = statesBefore(ops, {hidden: hidden!, outputs: outputs!}, reverse, live); // [T B, H]
    const beforeAt = unpackParts(ops, ops.reshape(before, [steps, batch, hiddenSize]), parts);
    const axis = ops.constant('int32', [1]);
    const sideBySide = (left: TensorflowTensor, right: TensorflowTensor) =>
      run('ConcatV2', [left, right, axis], {N: int(2), T: type('float32')});
    // Gradients before the activations: of z and r [B / parts, 2H], of the candidate [B / parts, H].
    const dGates: TensorflowTensor[] = [];
    const dCandidates: TensorflowTensor[] = [];
    for (const step of stepsInOrder(steps, !reverse)) {
      for (let part = 0; part < parts; part++) {
        const at = step * parts + part;
        const [z, r, c] = [0, 1, 2].map((gate) => gateAt[gate * steps * parts + at]!) as [...Two, TensorflowTensor];
        const dAfter = dh[part]!;
        const found = back(at, {z, r, c}, beforeAt[at]!, upstreamAt ? add(dAfter, upstreamAt[at]!) : dAfter);
        const goesOn = liveAt[at];
        const onlyLive = (gradient: TensorflowTensor, elsewhere: TensorflowTensor) =>
          goesOn ? run('SelectV2', [goesOn, gradient, elsewhere]) : gradient;
        dh[part] = onlyLive(found.dBefore, dAfter);
        dGates[at] = onlyLive(found.dGate, zero);
        dCandidates[at] = onlyLive(found.dCandidate, zero);
      }
    }
    const flat = (steps: TensorflowTensor[], width: number) => ops.reshape(pack(ops, steps), [-1, width]); // [T B, width]
    const [ofGates, dCandidate] = [flat(dGates, 2 * hiddenSize), flat(dCandidates, hiddenSize)];
    const halves = byBlock && (ops.runMany('Split', [axis, ofGates], {num_split: int(2)}, 2) as Two);
    const dGate = halves ? sideBySide(halves[1], halves[0]) : ofGates; // z before r
    const resets = flat(gateAt.slice(steps * parts, 2 * steps * parts), hiddenSize);
    const dGateWeights = run('MatMul', [before, dGate], {transpose_a: true});
    const dCandidateWeights = run('MatMul', [mul(resets, before), dCandidate], {transpose_a: true});
    const all = sideBySide(dGate, dCandidate); // [T B, 3H]
    const [dKernel, dBias] = inputGradients(ops, x!, inputSize, all);
    const results = [dKernel, sideBySide(dGateWeights, dCandidateWeights), dBias, joinRows(ops, dh)];
    if (fromIds || constantInput) return results;
    return [...results, ops.reshape(multiplyTransposed(ops, all, kernel!), x!.shape)];
  });
}

/** The same steps back. */
function composedStepsBack(
  ops: TensorflowOps,
  inputs: Record<string, TensorInfo>,
  {steps, parts}: Record<'steps' | 'parts', number>,
): StepBack {
  const {run, mul, sub} = arithmetic(ops);
  const [gateBackward, candidateBackward] = splitCandidate(ops, inputs.recurrentKernel!).map((weights) =>
    timesTransposed(ops, weights, {steps, rows: inputs.hidden!.shape[0]!, parts}),
  );
  const maskAt = inputs.candidateMask && unpackParts(ops, inputs.candidateMask, parts);
  const axis = ops.constant('int32', [1]);
  return (at, {z, r, c}, h, dAfter) => {
    const kept = mul(dAfter, z); // what goes straight to the state before
    const dz = mul(dAfter, sub(h, maskAt ? mul(c, maskAt[at]!) : c));
    const dc = sub(dAfter, kept);
    const dCandidate = run('TanhGrad', [c, maskAt ? mul(dc, maskAt[at]!) : dc]);
    const dReset = candidateBackward!(dCandidate); // of r h
    const opened = run('ConcatV2', [z, r, axis], {N: int(2), T: type('float32')});
    const dOpened = run('ConcatV2', [dz, mul(dReset, h), axis], {N: int(2), T: type('float32')});
    const dGate = run('SigmoidGrad', [opened, dOpened]);
    return {dBefore: sum(ops, [kept, mul(dReset, r), gateBackward!(dGate)]), dGate, dCandidate};
  };
}

function arithmetic(ops: TensorflowOps) {
  const run: TensorflowOps['run'] = (...call) => ops.run(...call);
  const binary = (name: string) => (a: TensorflowInput, b: TensorflowInput) => ops.run(name, [a, b]);
  return {run, mul: binary('Mul'), add: binary('AddV2'), sub: binary('Sub')};
}

/** Columns of z and r, and columns of the candidate. */
function splitCandidate(ops: TensorflowOps, tensor: TensorflowInput): Two {
  const axis = tensor.shape.length - 1;
  const size = tensor.shape[axis]! / 3;
  const sizes = ops.constant('int32', [2 * size, size], [2]);
  return ops.runMany('SplitV', [tensor, sizes, ops.constant('int32', [axis])], {num_split: int(2)}, 2) as Two;
}

const supports = () => true;

export const gruTensorflow = [
  {kernelName: 'FusedGRU', backendName: 'tensorflow', kernelFunc: forward, supports},
  {kernelName: 'FusedGRUGrad', backendName: 'tensorflow', kernelFunc: backward},
] as unknown as SelectiveKernel[];
