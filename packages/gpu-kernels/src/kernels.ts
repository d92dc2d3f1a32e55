import {type KernelConfig, registerKernel} from '@tensorflow/tfjs-core';
import {linearCPU} from './linear/cpu';
import {linearWasm} from './linear/wasm';
import {linearWebGL} from './linear/webgl';
import {lstmCPU} from './lstm/cpu';
import {lstmWasm} from './lstm/wasm';
import {lstmWebGL} from './lstm/webgl';
import {optimizerStepCPU} from './optimizer-step/cpu';
import {optimizerStepWasm} from './optimizer-step/wasm';
import {sparseCrossEntropyCPU} from './sparse-cross-entropy/cpu';
import {sparseCrossEntropyWasm} from './sparse-cross-entropy/wasm';

const kernels: KernelConfig[] = [
  ...lstmCPU,
  ...lstmWasm,
  ...lstmWebGL,
  ...linearCPU,
  ...linearWasm,
  ...linearWebGL,
  ...sparseCrossEntropyCPU,
  ...sparseCrossEntropyWasm,
  ...optimizerStepCPU,
  ...optimizerStepWasm,
];

let registered = false;

/**
 * Makes our kernels known to tfjs, once. Every operation calls it, so that the fast path does not depend on how the
 * backend was chosen, and importing the package alone has no side effect.
 */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  for (const kernel of kernels) registerKernel(kernel);
}
