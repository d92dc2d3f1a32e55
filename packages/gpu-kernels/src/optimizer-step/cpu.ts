// Optimizer steps in plain JavaScript: the norm of all gradients first, then one pass over each parameter, in place.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, output} from '../backends/cpu-memory';
import {clipScale} from './clip-scale';
import type {UpdateRule} from './optimizer-step';

interface Call {
  inputs: {parameters: TensorInfo[]; gradients: TensorInfo[]; slots: TensorInfo[]};
  attrs: {rule: UpdateRule; clipNorm?: number};
  backend: CPUBackend;
}

function globalNorm(gradients: Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) for (let at = 0; at < gradient.length; at++) sum += gradient[at]! * gradient[at]!;
  return Math.sqrt(sum);
}

function update(rule: UpdateRule, p: Float32Array, g: Float32Array, state: Float32Array[], scale: number): void {
  const rate = rule.learningRate;
  switch (rule.kind) {
    case 'sgd':
      for (let at = 0; at < p.length; at++) p[at]! -= rate * scale * g[at]!;
      break;
    case 'momentum': {
      const [velocity] = state as [Float32Array];
      for (let at = 0; at < p.length; at++) {
        velocity[at] = rule.decay * velocity[at]! + scale * g[at]!;
        p[at]! -= rate * velocity[at]!;
      }
      break;
    }
    case 'adagrad': {
      const [accumulator] = state as [Float32Array];
      for (let at = 0; at < p.length; at++) {
        const gradient = scale * g[at]!;
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
      for (let at = 0; at < p.length; at++) {
        const gradient = scale * g[at]!;
        first[at] = beta1 * first[at]! + (1 - beta1) * gradient;
        second[at] = beta2 * second[at]! + (1 - beta2) * gradient * gradient;
        const root = Math.sqrt(second[at]! * secondCorrection) + epsilon;
        p[at]! -= (rate * firstCorrection * first[at]!) / root;
      }
    }
  }
}

function optimizerStep({inputs: {parameters, gradients, slots}, attrs: {rule, clipNorm}, backend}: Call): TensorInfo {
  const all = gradients.map((gradient) => floats(backend, gradient));
  const norm = Math.fround(globalNorm(all)); // as it is returned: beyond float32 it is infinite
  if (Number.isFinite(norm)) {
    const scale = clipScale(norm, clipNorm);
    parameters.forEach((parameter, index) => {
      const state = slots.filter((_, slot) => slot % parameters.length === index).map((slot) => floats(backend, slot));
      update(rule, floats(backend, parameter), all[index]!, state, scale);
    });
  }
  return output(backend, [], Float32Array.of(norm));
}

export const optimizerStepCPU = [
  {kernelName: 'OptimizerStep', backendName: 'cpu', kernelFunc: optimizerStep},
] as unknown as KernelConfig[];
