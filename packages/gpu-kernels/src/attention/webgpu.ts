// Attention on WebGPU. Forward in one dispatch: a workgroup takes one query of one sequence, its invocations the positions
// for scores and softmax, then the columns of the context. Backward first the gradient of the scores, likewise; from it
// each invocation makes one number of the gradient of an input. A `[T, B, S, D]` is never made.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {activationCode} from '../backends/webgpu-activation';
import {clearValues, dispatch, output, sizeOf, type WebGPUBackend} from '../backends/webgpu-dispatch';
import {foldCode} from '../backends/webgpu-fold';
import {type AttentionCall, sizesOf} from './shapes';

const lanes = 64;

/** WGSL: how many positions the sequence `b` has. */
const lengthCode = (lengths: TensorInfo | undefined) =>
  `fn lengthOf(b: u32) -> u32 {
    return ${lengths ? 'u32(clamp(lengths[b], 0, i32(uniforms.positions)))' : 'uniforms.positions'};
  }`;

function zeros(backend: WebGPUBackend, shape: number[]): TensorInfo {
  const result = output(backend, shape);
  clearValues(backend, result);
  return result;
}

function forward({inputs, attrs: {kind, scale}, backend}: AttentionCall<WebGPUBackend>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const {query, keys, values, lengths, scoreVector} = inputs;
  if (T * B * S === 0) return [zeros(backend, [T, B, E]), zeros(backend, [T, B, S])];
  const additive = kind === 'additive';
  const [context, weights] = [output(backend, [T, B, E]), output(backend, [T, B, S])];
  dispatch(backend, {
    key: `attention/${kind}/${Boolean(lengths)}`,
    code: () => `
      ${activationCode()}
      ${foldCode(lanes)}
      ${lengthCode(lengths)}
      fn run(group: u32, lane: u32) {
        let b = group % uniforms.batch;
        let length = lengthOf(b);
        let row = group * uniforms.positions; // of weights
        let own = group * uniforms.size; // of query
        var largest = -3.4028234e38;
        for (var s = lane; s < length; s += ${lanes}) {
          let key = (s * uniforms.batch + b) * uniforms.size;
          var score = 0.0;
          for (var first = 0u; first < uniforms.size; first += 16) { // in parts, or rounding adds up
            var part = 0.0;
            for (var d = first; d < min(first + 16, uniforms.size); d++) {
              ${
                additive
                  ? 'part += scoreVector[d] * squash(query[own + d] + keys[key + d]);'
                  : 'part += query[own + d] * keys[key + d];'
              }
            }
            score += part;
          }
          ${additive ? '' : 'score *= uniforms.scale;'}
          weights[row + s] = score;
          largest = max(largest, score);
        }
        largest = fold(lane, largest, true);
        var sum = 0.0;
        for (var s = lane; s < length; s += ${lanes}) {
          weights[row + s] = exponential(weights[row + s] - largest);
          sum += weights[row + s];
        }
        sum = fold(lane, sum, false);
        for (var s = lane; s < uniforms.positions; s += ${lanes}) {
          if (s < length) { weights[row + s] /= sum; } else { weights[row + s] = 0; }
        }
        storageBarrier();
        for (var e = lane; e < uniforms.width; e += ${lanes}) {
          var mean = 0.0;
          for (var first = 0u; first < length; first += 16) {
            var part = 0.0;
            for (var s = first; s < min(first + 16, length); s++) {
              part += weights[row + s] * values[(s * uniforms.batch + b) * uniforms.width + e];
            }
            mean += part;
          }
          context[group * uniforms.width + e] = mean;
        }
      }`,
    ...{workgroupSize: lanes, workgroups: T * B},
    inputs: {query, keys, values, ...(lengths && {lengths}), ...(additive && {scoreVector: scoreVector!})},
    outputs: {context, weights},
    integers: {batch: B, positions: S, size: D, width: E},
    floats: additive ? {} : {scale},
  });
  return [context, weights];
}

function backward({
  inputs,
  attrs: {kind, scale},
  backend,
}: AttentionCall<WebGPUBackend, 'weights' | 'contextGradient' | 'weightsGradient'>): TensorInfo[] {
  const {T, B, D, S, E} = sizesOf(inputs);
  const {query, keys, values, lengths, scoreVector, weights, contextGradient, weightsGradient} = inputs;
  const additive = kind === 'additive';
  if (T * B * S === 0) {
    const given = [query, keys, values, ...(additive ? [scoreVector!] : [])];
    return given.map(({shape}) => zeros(backend, shape));
  }
  const limit = lengths && {lengths};
  const masked = Boolean(lengths);
  const integers = {steps: T, batch: B, positions: S, size: D, width: E};

  const scores = output(backend, [T, B, S]); // the gradient of the scores
  dispatch(backend, {
    key: `attentionScoresGradient/${masked}`,
    code: () => `
      ${foldCode(lanes)}
      ${lengthCode(lengths)}
      fn run(group: u32, lane: u32) {
        let b = group % uniforms.batch;
        let length = lengthOf(b);
        let row = group * uniforms.positions;
        var mean = 0.0;
        for (var s = lane; s < length; s += ${lanes}) {
          var slope = weightsGradient[row + s];
          for (var e = 0u; e < uniforms.width; e++) {
            slope += contextGradient[group * uniforms.width + e] * values[(s * uniforms.batch + b) * uniforms.width + e];
          }
          scores[row + s] = slope;
          mean += weights[row + s] * slope;
        }
        mean = fold(lane, mean, false);
        for (var s = lane; s < uniforms.positions; s += ${lanes}) {
          if (s < length) { scores[row + s] = weights[row + s] * (scores[row + s] - mean); } else { scores[row + s] = 0; }
        }
      }`,
    ...{workgroupSize: lanes, workgroups: T * B},
    ...{inputs: {values, weights, contextGradient, weightsGradient, ...limit}, outputs: {scores}, integers},
  });

  /** One number of a gradient an invocation: `code` sets `sum` from its two outer places and its column. */
  const perNumber = (name: string, shape: number[], used: Record<string, TensorInfo>, code: string) => {
    const result = output(backend, shape);
    dispatch(backend, {
      key: `attention/${name}/${kind}/${masked}`,
      code: () => `
        ${activationCode()}
        ${lengthCode(lengths)}
        fn run(group: u32, lane: u32) {
          let index = group * ${lanes} + lane;
          if (index >= uniforms.count) { return; }
          let column = index % uniforms.columns;
          let b = index / uniforms.columns % uniforms.batch;
          let place = index / uniforms.columns / uniforms.batch;
          var sum = 0.0;
          ${code}
          result[index] = sum;
        }`,
      ...{workgroupSize: lanes, workgroups: Math.ceil(sizeOf(result) / lanes)},
      inputs: {...used, ...limit},
      outputs: {result},
      integers: {...integers, count: sizeOf(result), columns: shape[2]!},
      floats: additive ? {} : {scale},
    });
    return result;
  };
  /** What the score of query t and position s gains with a column of their sum, or with that of `other`, its partner. */
  const slope = (other: string) => `
    let score = scores[(t * uniforms.batch + b) * uniforms.positions + s];
    ${
      additive
        ? `let bent = squash(query[(t * uniforms.batch + b) * uniforms.size + column]
             + keys[(s * uniforms.batch + b) * uniforms.size + column]);
           sum += score * scoreVector[column] * (1 - bent * bent);`
        : `sum += score * uniforms.scale * ${other};`
    }`;
  const both = {scores, query, keys, ...(additive && {scoreVector: scoreVector!})};
  const queryGradient = perNumber(
    'queryGradient',
    query.shape,
    additive ? both : {scores, keys},
    `let t = place;
     for (var s = 0u; s < lengthOf(b); s++) {
       ${slope('keys[(s * uniforms.batch + b) * uniforms.size + column]')}
     }`,
  );
  const keysGradient = perNumber(
    'keysGradient',
    keys.shape,
    additive ? both : {scores, query},
    `let s = place;
     for (var t = 0u; t < uniforms.steps && s < lengthOf(b); t++) {
       ${slope('query[(t * uniforms.batch + b) * uniforms.size + column]')}
     }`,
  );
  const valuesGradient = perNumber(
    'valuesGradient',
    values.shape,
    {weights, contextGradient},
    `for (var t = 0u; t < uniforms.steps && place < lengthOf(b); t++) {
       let row = t * uniforms.batch + b;
       sum += weights[row * uniforms.positions + place] * contextGradient[row * uniforms.width + column];
     }`,
  );
  const results = [queryGradient, keysGradient, valuesGradient];
  if (additive) {
    const vectorGradient = output(backend, [D]);
    dispatch(backend, {
      key: `attentionVectorGradient/${masked}`,
      code: () => `
        ${activationCode()}
        ${foldCode(lanes)}
        ${lengthCode(lengths)}
        fn run(group: u32, lane: u32) {
          var sum = 0.0;
          for (var index = lane; index < uniforms.count; index += ${lanes}) {
            let s = index % uniforms.positions;
            let row = index / uniforms.positions; // t B + b
            let b = row % uniforms.batch;
            if (s < lengthOf(b)) {
              let key = keys[(s * uniforms.batch + b) * uniforms.size + group];
              sum += scores[index] * squash(query[row * uniforms.size + group] + key);
            }
          }
          sum = fold(lane, sum, false);
          if (lane == 0) { vectorGradient[group] = sum; }
        }`,
      ...{workgroupSize: lanes, workgroups: D},
      inputs: {scores, query, keys, ...limit},
      outputs: {vectorGradient},
      integers: {...integers, count: T * B * S},
    });
    results.push(vectorGradient);
  }
  backend.disposeData(scores.dataId);
  return results;
}

export const attentionWebGPU = [
  {kernelName: 'Attention', backendName: 'webgpu', kernelFunc: forward, supports: () => true},
  {kernelName: 'AttentionGrad', backendName: 'webgpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
