// Optimizer steps in plain JavaScript: the norm of all gradients first, then one pass over each parameter, or over the
// rows of it that have a gradient, in place.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {expectRowIds} from '../rows/cpu';
import {clipScale} from './clip-scale';
import {keptPart} from './kept-part';
import type {UpdateRule} from './optimizer-step';

interface Call {
  inputs: {parameters: TensorInfo[]; gradients: TensorInfo[]; ids: (TensorInfo | undefined)[]; slots: TensorInfo[]};
  attrs: {rule: UpdateRule; clipNorm?: number};
  backend: CPUBackend;
}

function globalNorm(gradients: Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) for (let at = 0; at < gradient.length; at++) sum += gradient[at]! * gradient[at]!;
  return Math.sqrt(sum);
}

/** Updates the values that stand side by side in `p` and `state`, from `at` on, by those of `g` from `from` to `end`. */
function update(
  rule: UpdateRule,
  p: Float32Array,
  g: Float32Array,
  state: Float32Array[],
  scale: number,
  kept: number,
  {at, from, end}: {at: number; from: number; end: number},
): void {
  const rate = rule.learningRate;
  switch (rule.kind) {
    case 'sgd':
      for (; from < end; at++, from++) p[at]! -= rate * scale * g[from]!;
      break;
    case 'momentum': {
      const [velocity] = state as [Float32Array];
      for (; from < end; at++, from++) {
        velocity[at] = rule.decay * velocity[at]! + scale * g[from]!;
        p[at]! -= rate * velocity[at]!;
      }
      break;
    }
    case 'adagrad': {
      const [accumulator] = state as [Float32Array];
      for (; from < end; at++, from++) {
        const gradient = scale * g[from]!;
        accumulator[at]! += gradient * gradient;
        p[at]! -= (rate * gradient) / (Math.sqrt(accumulator[at]!) + rule.epsilon);
      }
      break;
    }
    case 'adam': {
      const {beta1, beta2, epsilon, step} = rule;
      const [first, second] = state as [Float32Array, Float32Array];
      const firstCorrection = 1 / (1 - beta1 ** step);
      const secondCorrection = 1 / (1 - beta2 ** step);
      for (; from < end; at++, from++) {
        const gradient = scale * g[from]!;
        first[at] = beta1 * first[at]! + (1 - beta1) * gradient;
        second[at] = beta2 * second[at]! + (1 - beta2) * gradient * gradient;
        const root = Math.sqrt(second[at]! * secondCorrection) + epsilon;
        p[at] = kept * p[at]! - (rate * firstCorrection * first[at]!) / root;
      }
    }
  }
}

function optimizerStep({inputs, attrs: {rule, clipNorm}, backend}: Call): TensorInfo {
  const {parameters, gradients, slots} = inputs;
  const all = gradients.map((gradient) => floats(backend, gradient));
  const ids = inputs.ids.map((rows) => rows && integers(backend, rows));
  ids.forEach((rows, index) => {
    if (rows) expectRowIds(`${rule.kind}Step: gradients[${index}].ids`, rows, parameters[index]!.shape[0]!);
  });
  const norm = Math.fround(globalNorm(all)); // as it is returned: beyond float32 it is infinite
  if (Number.isFinite(norm)) {
    const scale = clipScale(norm, clipNorm);
    parameters.forEach((parameter, index) => {
      const state = slots.filter((_, slot) => slot % parameters.length === index).map((slot) => floats(backend, slot));
      const kept = keptPart(rule, parameter);
      const [values, gradient, rows] = [floats(backend, parameter), all[index]!, ids[index]];
      if (!rows) {
        update(rule, values, gradient, state, scale, kept, {at: 0, from: 0, end: gradient.length});
        return;
      }
      const width = gradient.length / rows.length;
      rows.forEach((id, row) => {
        if (id < 0) return;
        update(rule, values, gradient, state, scale, kept, {at: id * width, from: row * width, end: (row + 1) * width});
      });
    });
  }
  return output(backend, [], Float32Array.of(norm));
}

export const optimizerStepCPU = [
  {kernelName: 'OptimizerStep', backendName: 'cpu', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
