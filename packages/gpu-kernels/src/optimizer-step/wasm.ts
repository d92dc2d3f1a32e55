// Optimizer steps on tfjs-backend-wasm (assembly/optimizer-step.ts), in place, of whole parameters or rows of them.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import type {WasmKernels} from '../backends/wasm-binary.generated';
import {forgetPackedWeights, pointer, type WasmBackend, wasmKernels} from '../backends/wasm-memory';
import {expectIds} from '../rows/wasm';
import {clipScale} from './clip-scale';
import {keptPart} from './kept-part';
import type {UpdateRule} from './optimizer-step';

interface Call {
  inputs: {parameters: TensorInfo[]; gradients: TensorInfo[]; ids: (TensorInfo | undefined)[]; slots: TensorInfo[]};
  attrs: {rule: UpdateRule; clipNorm?: number};
  backend: WasmBackend;
}

function sizeOf({shape}: TensorInfo): number {
  return shape.reduce((product, size) => product * size, 1);
}

function update(
  kernels: WasmKernels,
  rule: UpdateRule,
  [rows, width, ids]: [rows: number, width: number, ids: number],
  parameter: number,
  gradient: number,
  state: number[],
  scale: number,
  kept: number,
): void {
  const rate = rule.learningRate;
  switch (rule.kind) {
    case 'sgd':
      kernels.sgdStep(rows, width, ids, parameter, gradient, rate, scale);
      break;
    case 'momentum':
      kernels.momentumStep(rows, width, ids, parameter, gradient, state[0]!, rate, scale, rule.decay);
      break;
    case 'adagrad':
      kernels.adagradStep(rows, width, ids, parameter, gradient, state[0]!, rate, scale, rule.epsilon);
      break;
    case 'adam': {
      const {beta1, beta2, epsilon, step} = rule;
      const corrected = rate / (1 - beta1 ** step);
      const root = 1 / Math.sqrt(1 - beta2 ** step);
      const [first, second] = state as [number, number];
      kernels.adamStep(
        rows,
        width,
        ids,
        parameter,
        gradient,
        first,
        second,
        corrected,
        scale,
        beta1,
        beta2,
        epsilon,
        root,
        kept,
      );
    }
  }
}

function optimizerStep({inputs, attrs: {rule, clipNorm}, backend}: Call): TensorInfo {
  const {parameters, gradients, ids, slots} = inputs;
  const kernels = wasmKernels(backend);
  const at = (tensor: TensorInfo) => pointer(backend, tensor);
  ids.forEach((rows, index) => {
    if (rows) expectIds(`${rule.kind}Step: gradients[${index}].ids`, backend, rows, parameters[index]!.shape[0]!, -1);
  });
  const squares = gradients.map((gradient) => kernels.sumOfSquares(sizeOf(gradient), at(gradient)));
  // Rounded as it is returned: beyond float32 it is infinite.
  const norm = Math.fround(Math.sqrt(squares.reduce((sum, square) => sum + square, 0)));
  if (Number.isFinite(norm)) {
    const scale = clipScale(norm, clipNorm);
    parameters.forEach((parameter, index) => {
      const state = slots.filter((_, slot) => slot % parameters.length === index).map(at);
      const size = sizeOf(parameter);
      const rows = ids[index];
      const [count, width] = rows ? [sizeOf(rows), size / parameter.shape[0]!] : [1, size];
      const kept = keptPart(rule, parameter);
      const places = [count, width, rows ? at(rows) : 0] as [number, number, number];
      update(kernels, rule, places, at(parameter), at(gradients[index]!), state, scale, kept);
      forgetPackedWeights(backend, parameter, size);
    });
  }
  return backend.makeOutput([], 'float32', undefined, Float32Array.of(norm));
}

export const optimizerStepWasm = [
  {kernelName: 'OptimizerStep', backendName: 'wasm', kernelFunc: optimizerStep, supports: () => true},
] as unknown as SelectiveKernel[];
