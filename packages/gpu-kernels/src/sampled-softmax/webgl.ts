// The scores of a sampled softmax on tfjs-backend-webgl: one program forward, in which a block of 2 × 2 scores takes its
// left column from the sample before, or from the targets; one a gradient backward.
import {engine, type NamedTensorMap, type TensorInfo} from '@tensorflow/tfjs-core';
import type {SelectiveKernel} from '../backends/has-kernel';
import {isProcessor, run, type WebGLBackend} from '../backends/webgl-program';
import {addBlock} from '../matrix-product/webgl';

interface Call<Names extends string> {
  inputs: Record<Names, TensorInfo>;
  backend: WebGLBackend;
}

function forward({inputs: {inputs, targets, samples}, backend}: Call<'inputs' | 'targets' | 'samples'>): TensorInfo {
  const [batch, width] = inputs.shape as [number, number];
  return run(backend, {
    inputs: {inputs, targets, samples},
    shape: [batch, 1 + samples.shape[0]!],
    code: `vec4 block(int plane, int row, int column) {
      vec4 sum = vec4(0);
      for (int k = 0; k < ${width}; k += 2) {
        vec4 x = getInputs(0, row, k);
        vec4 left = column == 0 ? getTargets(0, row, k) : getSamples(0, column - 2, k).zwzw;
        vec2 right = getSamples(0, column, k).xy;
        sum += x.xxzz * vec4(left.x, right.x, left.z, right.x);
        // Beyond the end there may be anything, NaN too.
        ${width % 2 === 0 ? '' : `if (k + 1 < ${width})`} sum += x.yyww * vec4(left.y, right.y, left.w, right.y);
      }
      return sum;
    }`,
  });
}

function backward({
  inputs: {inputs, targets, samples, gradient},
  backend,
}: Call<'inputs' | 'targets' | 'samples' | 'gradient'>): TensorInfo[] {
  const batch = inputs.shape[0]!;
  const ofOwn = (other: string) => `gradientFrom(0, row, 0).xxzz * ${other}(0, row, column)`;
  // The gradient of the scores with the samples, [B, K], lies behind the first column.
  const ofInputs = {left: 'gradientFrom(0, row, k + 1)', right: 'getSamples(0, k, column)', length: samples.shape[0]!};
  const ofSamples = {left: 'gradientFrom(0, k, row + 1)', right: 'getInputs(0, k, column)', length: batch};
  return [
    run(backend, {
      inputs: {targets, samples, gradient},
      shape: inputs.shape,
      code: `vec4 block(int plane, int row, int column) {
        vec4 sum = ${ofOwn('getTargets')};
        ${addBlock(ofInputs)}
        return sum;
      }`,
    }),
    run(backend, {
      inputs: {inputs, gradient},
      shape: targets.shape,
      code: `vec4 block(int plane, int row, int column) { return ${ofOwn('getInputs')}; }`,
    }),
    run(backend, {
      inputs: {inputs, gradient},
      shape: samples.shape,
      code: `vec4 block(int plane, int row, int column) {
        vec4 sum = vec4(0);
        ${addBlock({...ofSamples, leftTransposed: true})}
        return sum;
      }`,
    }),
  ];
}

/**
 * What is empty is the reference's; so are large batches on a processor: 0.70 of its speed, with gradient 0.51, at B 1024, D 256,
 * K 512.
 */
function supports(_: unknown, {inputs, samples}: NamedTensorMap): boolean {
  const isLarge = inputs!.size * samples!.shape[0]! >= 2_000_000;
  if (isLarge && isProcessor(engine().backend as WebGLBackend)) return false;
  return inputs!.size > 0 && samples!.size > 0;
}

export const sampledLogitsWebGL = [
  {kernelName: 'SampledLogits', backendName: 'webgl', kernelFunc: forward, supports},
  {kernelName: 'SampledLogitsGrad', backendName: 'webgl', kernelFunc: backward},
] as unknown as SelectiveKernel[];
