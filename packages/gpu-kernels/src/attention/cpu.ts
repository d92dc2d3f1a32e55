// Attention in plain JavaScript: one query of one sequence after the other.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import type {AttentionAttributes} from './attention';
import {type AttentionCall, sizesOf} from './shapes';

/** What is attended to, by the letters of the docstring of `attention`. */
export interface Attended {
  B: number;
  D: number;
  S: number;
  E: number;
  keys: Float32Array;
  values: Float32Array;
  lengths: Int32Array | undefined;
  /** Of an additive score; else the score is a product times `scale`. */
  vector: Float32Array | undefined;
  scale: number;
}

export interface AttendedGradients {
  keys: Float32Array;
  values: Float32Array;
  vector: Float32Array;
}

export function attended(
  {keys, values, lengths, scoreVector}: Record<'keys' | 'values', TensorInfo> & Partial<Record<string, TensorInfo>>,
  {kind, scale}: AttentionAttributes,
  backend: CPUBackend,
): Attended {
  const [S, B, D] = keys.shape as [number, number, number];
  return {
    ...{B, D, S, E: values.shape[2]!, scale},
    ...{keys: floats(backend, keys), values: floats(backend, values), lengths: lengths && integers(backend, lengths)},
    vector: kind === 'additive' ? floats(backend, scoreVector!) : undefined,
  };
}

/** Zeros to be added to. */
export function noGradients({keys, values, vector}: Attended): AttendedGradients {
  const zeros = (like?: Float32Array) => new Float32Array(like?.length ?? 0);
  return {keys: zeros(keys), values: zeros(values), vector: zeros(vector)};
}

function lengthOf({lengths, S}: Attended, b: number): number {
  return Math.max(0, Math.min(lengths?.[b] ?? S, S));
}

/** Answers the queries [rows, D], whose sequences follow each other: fills contexts [rows, E] and weights [rows, S]. */
export function attend(a: Attended, query: Float32Array, context: Float32Array, weights: Float32Array): void {
  const {B, D, S, E, keys, values, vector, scale} = a;
  for (let row = 0; row * S < weights.length; row++) {
    const b = row % B;
    const length = lengthOf(a, b);
    let largest = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < length; s++) {
      const [q, k] = [row * D, (s * B + b) * D];
      let score = 0;
      if (vector) for (let d = 0; d < D; d++) score += vector[d]! * Math.tanh(query[q + d]! + keys[k + d]!);
      else for (let d = 0; d < D; d++) score += scale * query[q + d]! * keys[k + d]!;
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
      for (let e = 0; e < E; e++) context[row * E + e]! += weight * values[(s * B + b) * E + e]!;
    }
  }
}

/** The gradient of `attend`: fills that of the queries, which is zeros, and adds to the others. */
export function attendBackward(
  a: Attended,
  query: Float32Array,
  weights: Float32Array,
  dContext: Float32Array,
  dWeights: Float32Array,
  dQuery: Float32Array,
  gradients: AttendedGradients,
): void {
  const {B, D, S, E, keys, values, vector, scale} = a;
  const dScores = new Float32Array(S);
  for (let row = 0; row * S < weights.length; row++) {
    const b = row % B;
    const length = lengthOf(a, b);
    let mean = 0;
    for (let s = 0; s < length; s++) {
      const weight = weights[row * S + s]!;
      let slope = dWeights[row * S + s]!;
      for (let e = 0; e < E; e++) {
        const at = (s * B + b) * E + e;
        slope += dContext[row * E + e]! * values[at]!;
        gradients.values[at]! += weight * dContext[row * E + e]!;
      }
      dScores[s] = slope;
      mean += weight * slope;
    }
    for (let s = 0; s < length; s++) {
      const dScore = weights[row * S + s]! * (dScores[s]! - mean);
      const [q, k] = [row * D, (s * B + b) * D];
      for (let d = 0; d < D; d++) {
        if (vector) {
          const bent = Math.tanh(query[q + d]! + keys[k + d]!);
          const dSum = dScore * vector[d]! * (1 - bent * bent);
          dQuery[q + d]! += dSum;
          gradients.keys[k + d]! += dSum;
          gradients.vector[d]! += dScore * bent;
        } else {
          dQuery[q + d]! += dScore * scale * keys[k + d]!;
          gradients.keys[k + d]! += dScore * scale * query[q + d]!;
        }
      }
    }
  }
}

function forward({inputs, attrs, backend}: AttentionCall<CPUBackend>): TensorInfo[] {
  const {T, B, S, E} = sizesOf(inputs);
  const context = new Float32Array(T * B * E);
  const weights = new Float32Array(T * B * S);
  attend(attended(inputs, attrs, backend), floats(backend, inputs.query), context, weights);
  return [output(backend, [T, B, E], context), output(backend, [T, B, S], weights)];
}

function backward({
  inputs,
  attrs,
  backend,
}: AttentionCall<CPUBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const values = (name: 'query' | 'weights' | 'contextGradient' | 'weightsGradient') => floats(backend, inputs[name]);
  const a = attended(inputs, attrs, backend);
  const gradients = noGradients(a);
  const dQuery = new Float32Array(T * B * D);
  attendBackward(
    ...([a, values('query'), values('weights'), values('contextGradient'), values('weightsGradient')] as const),
    ...([dQuery, gradients] as const),
  );
  return [
    output(backend, [T, B, D], dQuery),
    output(backend, [S, B, D], gradients.keys),
    output(backend, [S, B, E], gradients.values),
    ...(a.vector ? [output(backend, [D], gradients.vector)] : []),
  ];
}

export const attentionCPU = [
  {kernelName: 'Attention', backendName: 'cpu', kernelFunc: forward},
  {kernelName: 'AttentionGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as KernelConfig[];
