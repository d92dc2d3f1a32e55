// Draws from softmax(logits / temperature) on tfjs-backend-webgl: the logits are read, and the host draws. In programs a
// cumulated sum is one for every doubling of the row, and the most likely ids are read all the same (top-k/webgl.ts).
import type {SelectiveKernel} from '../backends/has-kernel';
import {sampleCategoricalOnHost} from './cpu';

export const sampleCategoricalWebGL = [
  {kernelName: 'SampleCategorical', backendName: 'webgl', kernelFunc: sampleCategoricalOnHost, supports: () => true},
] as unknown as SelectiveKernel[];
