// The GRU on tfjs-node, composed of TensorFlow's own operations, as the LSTM is (docs/decisions/0008). A step forward is a
// product for z and r, one for the candidate, and the equations; backward the same two products transposed. The products
// that give the gradients of the weights come after the loop, for all steps at once. Where the weights are few, a step is
// one operation of TensorFlow's (tensorflow-block.ts).

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
import {blockSteps, blockStepsBack, fitsBlock} from './tensorflow-block';

interface Call {
  inputs: NamedTensorInfoMap;
  attrs?: RecurrentAttributes;
  backend: TensorflowBackend;
}

type Two = [TensorflowTensor, TensorflowTensor];

type Gates = Record<'z' | 'r' | 'c', TensorflowTensor>;

/** One step of a pass, from the state before it: the gates and the state after it, each `[B, H]`. */
export type Step = (step: number, before: TensorflowTensor) => Gates & {after: TensorflowTensor};

/** One step back: gradients of the state before, and before the activations of the gates `[B, 2H]` and the candidate `[B, H]`. */
export type StepBack = (
  step: number,
  gates: Gates,
  before: TensorflowTensor,
  dAfter: TensorflowTensor,
) => Record<'dBefore' | 'dGate' | 'dCandidate', TensorflowTensor>;

/** Beside the outputs and the final state, what the gradient needs: the gates `[3T, B, H]`, all z, then all r, then all c. */
function forward({inputs, attrs, backend}: Call): Tensor[] {
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {lengths, ...tensors} = inputs as Record<string, TensorInfo>;
  return withOps(backend, (ops) => {
    let h = ops.run('Identity', [tensors.hidden!]);
    if (steps === 0 || batch === 0) {
      return [zeros(ops, [steps, batch, hiddenSize]), h, zeros(ops, [3 * steps, batch, hiddenSize])];
    }
    const next = fitsBlock(inputs as Record<string, TensorInfo>)
      ? blockSteps(ops, tensors)
      : composedSteps(ops, inputs);
    const {live, liveAt} = going(ops, steps, lengths);
    const gates: [z: TensorflowTensor[], r: TensorflowTensor[], c: TensorflowTensor[]] = [[], [], []];
    const outputs: TensorflowTensor[] = [];
    for (const step of stepsInOrder(steps, attrs?.reverse ?? false)) {
      const {z, r, c, after} = next(step, h);
      const goesOn = liveAt[step];
      h = goesOn ? ops.run('SelectV2', [goesOn, after, h]) : after;
      [z, r, c].forEach((gate, at) => {
        gates[at]![step] = gate;
      });
      outputs[step] = h;
    }
    const states = pack(ops, outputs);
    const cleared = live ? ops.run('SelectV2', [live, states, ops.constant('float32', [0])]) : states;
    return [cleared, h, pack(ops, gates.flat())];
  });
}

/** Each step by operations of its own. */
function composedSteps(ops: TensorflowOps, inputs: NamedTensorInfoMap): Step {
  const {run, mul, add, sub} = arithmetic(ops);
  const {recurrentKernel, candidateMask, ...tensors} = inputs as Record<string, TensorInfo>;
  const projected = fromInputs(ops, 'gru', tensors as Record<'x' | 'kernel' | 'bias', TensorInfo>); // [T, B, 3H]
  const [gateWeights, candidateWeights] = splitCandidate(ops, recurrentKernel!);
  const [toGates, toCandidate] = splitCandidate(ops, projected).map((part) => unpack(ops, part));
  const maskAt = candidateMask && unpack(ops, candidateMask);
  const axis = ops.constant('int32', [1]);
  return (step, h) => {
    const opened = run('Sigmoid', [add(toGates![step]!, run('MatMul', [h, gateWeights]))]); // [B, 2H]
    const [z, r] = ops.runMany('Split', [axis, opened], {num_split: int(2)}, 2) as Two;
    const c = run('Tanh', [add(toCandidate![step]!, run('MatMul', [mul(r, h), candidateWeights]))]);
    const candidate = maskAt ? mul(c, maskAt[step]!) : c;
    return {z, r, c, after: add(candidate, mul(z, sub(h, candidate)))}; // z h + (1 - z) c
  };
}

function backward({inputs, attrs, backend}: Call): Tensor[] {
  const {steps, batch, inputSize, hiddenSize, fromIds} = sequenceSizes(inputs);
  const {lengths, ...tensors} = inputs as Record<string, TensorInfo>;
  const {x, kernel, hidden, outputs, gates, outputsGradient, hiddenGradient} = tensors as Record<string, TensorInfo>;
  const reverse = attrs?.reverse ?? false;
  return withOps(backend, (ops) => {
    const {run, mul, add} = arithmetic(ops);
    let dh = run('Identity', [hiddenGradient!]);
    if (steps === 0 || batch === 0) {
      const weights = [[inputSize, 3 * hiddenSize], [hiddenSize, 3 * hiddenSize], [3 * hiddenSize]];
      const results = [...weights.map((shape) => zeros(ops, shape)), dh];
      return fromIds ? results : [...results, zeros(ops, x!.shape)];
    }
    const byBlock = fitsBlock(inputs as Record<string, TensorInfo>);
    const back = byBlock ? blockStepsBack(ops, tensors) : composedStepsBack(ops, tensors, steps);
    const gateAt = unpack(ops, gates!);
    const {live, liveAt} = going(ops, steps, lengths);
    const zero = ops.constant('float32', [0]);
    const upstreamAt =
      !attrs?.finalStateOnly && unpack(ops, live ? run('SelectV2', [live, outputsGradient!, zero]) : outputsGradient!);
    const before = statesBefore(ops, {hidden: hidden!, outputs: outputs!}, reverse, live); // [T B, H]
    const beforeAt = unpack(ops, ops.reshape(before, [steps, batch, hiddenSize]));
    const axis = ops.constant('int32', [1]);
    const sideBySide = (left: TensorflowTensor, right: TensorflowTensor) =>
      run('ConcatV2', [left, right, axis], {N: int(2), T: type('float32')});
    // Gradients before the activations: of z and r [B, 2H], of the candidate [B, H].
    const dGates: TensorflowTensor[] = [];
    const dCandidates: TensorflowTensor[] = [];
    for (const step of stepsInOrder(steps, !reverse)) {
      const [z, r, c] = [0, 1, 2].map((gate) => gateAt[gate * steps + step]!) as [...Two, TensorflowTensor];
      const found = back(step, {z, r, c}, beforeAt[step]!, upstreamAt ? add(dh, upstreamAt[step]!) : dh);
      const goesOn = liveAt[step];
      const onlyLive = (gradient: TensorflowTensor, elsewhere: TensorflowTensor) =>
        goesOn ? run('SelectV2', [goesOn, gradient, elsewhere]) : gradient;
      dh = onlyLive(found.dBefore, dh);
      dGates[step] = onlyLive(found.dGate, zero);
      dCandidates[step] = onlyLive(found.dCandidate, zero);
    }
    const flat = (parts: TensorflowTensor[], width: number) => ops.reshape(pack(ops, parts), [steps * batch, width]);
    const [ofGates, dCandidate] = [flat(dGates, 2 * hiddenSize), flat(dCandidates, hiddenSize)];
    const halves = byBlock && (ops.runMany('Split', [axis, ofGates], {num_split: int(2)}, 2) as Two);
    const dGate = halves ? sideBySide(halves[1], halves[0]) : ofGates; // z before r
    const resets = ops.reshape(pack(ops, gateAt.slice(steps, 2 * steps)), [steps * batch, hiddenSize]);
    const dGateWeights = run('MatMul', [before, dGate], {transpose_a: true});
    const dCandidateWeights = run('MatMul', [mul(resets, before), dCandidate], {transpose_a: true});
    const all = sideBySide(dGate, dCandidate); // [T B, 3H]
    const [dKernel, dBias] = inputGradients(ops, x!, inputSize, all);
    const results = [dKernel, sideBySide(dGateWeights, dCandidateWeights), dBias, dh];
    if (fromIds || attrs?.constantInput) return results;
    return [...results, ops.reshape(multiplyTransposed(ops, all, kernel!), x!.shape)];
  });
}

/** The same steps back. */
function composedStepsBack(ops: TensorflowOps, inputs: Record<string, TensorInfo>, steps: number): StepBack {
  const {run, mul, add, sub} = arithmetic(ops);
  const [gateBackward, candidateBackward] = splitCandidate(ops, inputs.recurrentKernel!).map((weights) =>
    timesTransposed(ops, weights, steps),
  );
  const maskAt = inputs.candidateMask && unpack(ops, inputs.candidateMask);
  const axis = ops.constant('int32', [1]);
  return (step, {z, r, c}, h, dAfter) => {
    const kept = mul(dAfter, z); // what goes straight to the state before
    const dz = mul(dAfter, sub(h, maskAt ? mul(c, maskAt[step]!) : c));
    const dc = sub(dAfter, kept);
    const dCandidate = run('TanhGrad', [c, maskAt ? mul(dc, maskAt[step]!) : dc]);
    const dReset = candidateBackward!(dCandidate); // of r h
    const opened = run('ConcatV2', [z, r, axis], {N: int(2), T: type('float32')});
    const dOpened = run('ConcatV2', [dz, mul(dReset, h), axis], {N: int(2), T: type('float32')});
    const dGate = run('SigmoidGrad', [opened, dOpened]);
    return {dBefore: add(add(kept, mul(dReset, r)), gateBackward!(dGate)), dGate, dCandidate};
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
