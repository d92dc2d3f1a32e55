// The k largest of each row on tfjs-backend-webgl. A program writes one texture and has no memory to sort in, so that
// tfjs's own topk reads rows of up to 100,000 values and sorts them on the host. This reads them too, and chooses.
import type {SelectiveKernel} from '../backends/has-kernel';
import {topKOnHost} from './cpu';

export const topKWebGL = [
  {kernelName: 'TopKDecoding', backendName: 'webgl', kernelFunc: topKOnHost, supports: () => true},
] as unknown as SelectiveKernel[];
