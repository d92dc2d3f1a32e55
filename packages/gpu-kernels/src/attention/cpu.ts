// Attention in plain JavaScript: one query of one sequence after the other.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import {type AttentionCall, sizesOf} from './shapes';

function lengthOf(lengths: Int32Array | undefined, row: number, positions: number): number {
  return Math.max(0, Math.min(lengths?.[row] ?? positions, positions));
}

function forward({inputs, attrs: {kind, scale}, backend}: AttentionCall<CPUBackend>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const [query, keys, values] = [inputs.query, inputs.keys, inputs.values].map((tensor) => floats(backend, tensor));
  const lengths = inputs.lengths && integers(backend, inputs.lengths);
  const vector = kind === 'additive' ? floats(backend, inputs.scoreVector!) : undefined;
  const context = new Float32Array(T * B * E);
  const weights = new Float32Array(T * B * S);
  for (let row = 0; row < T * B; row++) {
    const b = row % B;
    const length = lengthOf(lengths, b, S);
    let largest = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < length; s++) {
      const [q, k] = [row * D, (s * B + b) * D];
      let score = 0;
      if (vector) for (let d = 0; d < D; d++) score += vector[d]! * Math.tanh(query![q + d]! + keys![k + d]!);
      else for (let d = 0; d < D; d++) score += scale * query![q + d]! * keys![k + d]!;
      weights[row * S + s] = score;
      largest = Math.max(largest, score);
    }
    let sum = 0;
    for (let at = row * S; at < row * S + length; at++) {
      weights[at] = Math.exp(weights[at]! - largest);
      sum += weights[at]!;
    }
    for (let s = 0; s < length; s++) {
      const weight = weights[row * S + s]! / sum;
      weights[row * S + s] = weight;
      for (let e = 0; e < E; e++) context[row * E + e]! += weight * values![(s * B + b) * E + e]!;
    }
  }
  return [output(backend, [T, B, E], context), output(backend, [T, B, S], weights)];
}

function backward({
  inputs,
  attrs: {kind, scale},
  backend,
}: AttentionCall<CPUBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const [query, keys, values] = [inputs.query, inputs.keys, inputs.values].map((tensor) => floats(backend, tensor));
  const weights = floats(backend, inputs.weights);
  const dContext = floats(backend, inputs.contextGradient);
  const dWeights = floats(backend, inputs.weightsGradient);
  const lengths = inputs.lengths && integers(backend, inputs.lengths);
  const vector = kind === 'additive' ? floats(backend, inputs.scoreVector!) : undefined;
  const dQuery = new Float32Array(T * B * D);
  const dKeys = new Float32Array(S * B * D);
  const dValues = new Float32Array(S * B * E);
  const dVector = new Float32Array(vector ? D : 0);
  const dScores = new Float32Array(S);
  for (let row = 0; row < T * B; row++) {
    const b = row % B;
    const length = lengthOf(lengths, b, S);
    let mean = 0;
    for (let s = 0; s < length; s++) {
      const weight = weights[row * S + s]!;
      let slope = dWeights[row * S + s]!;
      for (let e = 0; e < E; e++) {
        const at = (s * B + b) * E + e;
        slope += dContext[row * E + e]! * values![at]!;
        dValues[at]! += weight * dContext[row * E + e]!;
      }
      dScores[s] = slope;
      mean += weight * slope;
    }
    for (let s = 0; s < length; s++) {
      const dScore = weights[row * S + s]! * (dScores[s]! - mean);
      const [q, k] = [row * D, (s * B + b) * D];
      for (let d = 0; d < D; d++) {
        if (vector) {
          const bent = Math.tanh(query![q + d]! + keys![k + d]!);
          const dSum = dScore * vector[d]! * (1 - bent * bent);
          dQuery[q + d]! += dSum;
          dKeys[k + d]! += dSum;
          dVector[d]! += dScore * bent;
        } else {
          dQuery[q + d]! += dScore * scale * keys![k + d]!;
          dKeys[k + d]! += dScore * scale * query![q + d]!;
        }
      }
    }
  }
  return [
    output(backend, [T, B, D], dQuery),
    output(backend, [S, B, D], dKeys),
    output(backend, [S, B, E], dValues),
    ...(vector ? [output(backend, [D], dVector)] : []),
  ];
}

export const attentionCPU = [
  {kernelName: 'Attention', backendName: 'cpu', kernelFunc: forward},
  {kernelName: 'AttentionGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as KernelConfig[];
