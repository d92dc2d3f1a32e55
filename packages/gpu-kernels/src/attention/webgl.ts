// Attention on tfjs-backend-webgl: scores, the normaliser of each query, weights and context, a program each. Backward the
// gradient of the weights, its mean by the weights, that of the scores, and one program for each input. A `[T, B, S, D]`
// is never made: what additive attention bends is worked out where it is needed.
import {engine, type NamedTensorMap, type TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {isProcessor, release, run, type WebGLBackend, zeros} from '../backends/webgl-program';
import {columnSums} from '../matrix-product/webgl';
import {activations} from '../sequence/webgl';
import {type AttentionCall, sizesOf} from './shapes';

/** GLSL: how many positions the sequence in a row has. */
function lengthOf(lengths: TensorInfo | undefined, positions: number): string {
  const length = lengths ? `clamp(int(lengthsAt(0, 0, row)), 0, ${positions})` : `${positions}`;
  return `int lengthOf(int row) { return ${length}; }`;
}

function forward({inputs, attrs: {kind, scale}, backend}: AttentionCall<WebGLBackend>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const {query, keys, values, lengths, scoreVector} = inputs;
  if (T * B * S === 0) return [zeros(backend, [T, B, E]), zeros(backend, [T, B, S])];
  const limit = lengths && {lengths};
  const additive = kind === 'additive';
  const scores = run(backend, {
    inputs: {query, keys, ...(additive && {scoreVector: scoreVector!})},
    shape: [T, B, S],
    floats: additive ? {} : {scale},
    code: `
      ${activations}
      float value(int t, int row, int s) {
        float score = 0.0;
        for (int d = 0; d < ${D}; d++) {
          float q = queryAt(t, row, d);
          float k = keysAt(s, row, d);
          score += ${additive ? 'scoreVectorAt(0, 0, d) * squash(q + k)' : 'scale * q * k'};
        }
        return score;
      }`,
  });
  const normalisers = run(backend, {
    inputs: {scores, ...limit},
    shape: [T, B, 2],
    code: `
      ${lengthOf(lengths, S)}
      float value(int t, int row, int column) {
        int length = lengthOf(row);
        float largest = scoresAt(t, row, 0);
        for (int s = 1; s < length; s++) largest = max(largest, scoresAt(t, row, s));
        if (column == 0) return largest;
        float sum = 0.0;
        for (int s = 0; s < length; s++) {
          float score = scoresAt(t, row, s);
          sum += isnan(score) ? score : exp(score - largest);
        }
        return sum;
      }`,
  });
  const weights = run(backend, {
    inputs: {scores, normalisers, ...limit},
    shape: [T, B, S],
    code: `
      ${lengthOf(lengths, S)}
      float value(int t, int row, int s) {
        if (s >= lengthOf(row)) return 0.0;
        float sum = normalisersAt(t, row, 1);
        return isnan(sum) ? sum : exp(scoresAt(t, row, s) - normalisersAt(t, row, 0)) / sum;
      }`,
  });
  const context = run(backend, {
    inputs: {weights, values, ...limit},
    shape: [T, B, E],
    code: `
      ${lengthOf(lengths, S)}
      float value(int t, int row, int e) {
        float sum = 0.0;
        for (int s = 0; s < lengthOf(row); s++) sum += weightsAt(t, row, s) * valuesAt(s, row, e);
        return sum;
      }`,
  });
  release(backend, scores, normalisers);
  return [context, weights];
}

function backward({
  inputs,
  attrs: {kind, scale},
  backend,
}: AttentionCall<WebGLBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const {query, keys, values, lengths, scoreVector, weights, contextGradient, weightsGradient} = inputs;
  const additive = kind === 'additive';
  if (T * B * S === 0) {
    const given = [query, keys, values, ...(additive ? [scoreVector!] : [])];
    return given.map(({shape}) => zeros(backend, shape));
  }
  const limit = lengths && {lengths};
  const slopes = run(backend, {
    inputs: {contextGradient, weightsGradient, values},
    shape: [T, B, S],
    code: `float value(int t, int row, int s) {
      float sum = weightsGradientAt(t, row, s);
      for (int e = 0; e < ${E}; e++) sum += contextGradientAt(t, row, e) * valuesAt(s, row, e);
      return sum;
    }`,
  });
  const means = run(backend, {
    inputs: {weights, slopes, ...limit},
    shape: [T, B, 1],
    code: `
      ${lengthOf(lengths, S)}
      float value(int t, int row, int column) {
        float sum = 0.0;
        for (int s = 0; s < lengthOf(row); s++) sum += weightsAt(t, row, s) * slopesAt(t, row, s);
        return sum;
      }`,
  });
  const scoresGradient = run(backend, {
    inputs: {weights, slopes, means, ...limit},
    shape: [T, B, S],
    code: `
      ${lengthOf(lengths, S)}
      float value(int t, int row, int s) {
        if (s >= lengthOf(row)) return 0.0;
        return weightsAt(t, row, s) * (slopesAt(t, row, s) - meansAt(t, row, 0));
      }`,
  });
  const valuesGradient = run(backend, {
    inputs: {weights, contextGradient},
    shape: [S, B, E],
    code: `float value(int s, int row, int e) {
      float sum = 0.0;
      for (int t = 0; t < ${T}; t++) sum += weightsAt(t, row, s) * contextGradientAt(t, row, e);
      return sum;
    }`,
  });

  const given = {query, keys, scoresGradient, ...(additive && {scoreVector: scoreVector!}), ...limit};
  // What the score of query t and position s gains with value d of their sum, or with that of `other`, its partner.
  const slope = (other: string) => `
    ${activations}
    ${lengthOf(lengths, S)}
    float slope(int t, int row, int s, int d) {
      ${
        additive
          ? `float bent = squash(queryAt(t, row, d) + keysAt(s, row, d));
             return scoresGradientAt(t, row, s) * scoreVectorAt(0, 0, d) * (1.0 - bent * bent);`
          : `return scoresGradientAt(t, row, s) * scale * ${other};`
      }
    }`;
  const floats: Record<string, number> = additive ? {} : {scale};
  const queryGradient = run(backend, {
    inputs: given,
    shape: query.shape,
    floats,
    code: `
      ${slope('keysAt(s, row, d)')}
      float value(int t, int row, int d) {
        float sum = 0.0;
        for (int s = 0; s < lengthOf(row); s++) sum += slope(t, row, s, d);
        return sum;
      }`,
  });
  const keysGradient = run(backend, {
    inputs: given,
    shape: keys.shape,
    floats,
    code: `
      ${slope('queryAt(t, row, d)')}
      float value(int s, int row, int d) {
        float sum = 0.0;
        for (int t = 0; t < ${T} && s < lengthOf(row); t++) sum += slope(t, row, s, d);
        return sum;
      }`,
  });
  const results = [queryGradient, keysGradient, valuesGradient];
  if (additive) {
    const perSequence = run(backend, {
      inputs: given,
      shape: [B, D],
      code: `
        ${activations}
        ${lengthOf(lengths, S)}
        float value(int plane, int row, int d) {
          float sum = 0.0;
          for (int t = 0; t < ${T}; t++) {
            for (int s = 0; s < lengthOf(row); s++) {
              sum += scoresGradientAt(t, row, s) * squash(queryAt(t, row, d) + keysAt(s, row, d));
            }
          }
          return sum;
        }`,
    });
    results.push(columnSums(backend, perSequence));
    release(backend, perSequence);
  }
  release(backend, slopes, means, scoresGradient);
  return results;
}

/**
 * Vectors without a value are the reference's; on a processor, so are the larger dot products, which tfjs's product takes a block
 * of four numbers at a time: forward and with gradient 0.82 and 0.62 of its speed at T 10, S 20, B 16, D 64, 0.27 and 0.12 at
 * T 20, S 50, B 32, D 256.
 */
function supports(_: unknown, {query, keys, values, scoreVector}: NamedTensorMap): boolean {
  const isLarge = query!.shape[0]! > 1 && query!.size * keys!.shape[0]! >= 200_000;
  if (isLarge && !scoreVector && isProcessor(engine().backend as WebGLBackend)) return false;
  return query!.shape[2] !== 0 && values!.shape[2] !== 0;
}

export const attentionWebGL = [
  {kernelName: 'Attention', backendName: 'webgl', kernelFunc: forward, supports},
  {kernelName: 'AttentionGrad', backendName: 'webgl', kernelFunc: backward},
] as unknown as SelectiveKernel[];
