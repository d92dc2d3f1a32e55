import * as tf from '@tensorflow/tfjs';
import {getKernelsForBackend, type KernelConfig, registerKernel, unregisterKernel} from '@tensorflow/tfjs';
import type {Side} from './workload';

export interface KernelChoice {
  /**
   * Lets a side run on tfjs's own kernels where ours have taken their places. What tfjs has no kernel for at all (on wasm,
   * `UnsortedSegmentSum`) it borrows from us, or it would not run.
   */
  onStockKernels(side: Side): Side;
  /** Lets a side run our operations without our kernels, that is, as their references. */
  onReferences(side: Side): Side;
  /** Whether a side, run once, runs a kernel of our operations, or leaves all to their references. */
  runsOurs(side: Side): Promise<boolean>;
}

/** Remembers tfjs's own kernels; to be called before ours are among them. */
export function keepStockKernels(backend: string): KernelChoice {
  const before = getKernelsForBackend(backend);
  // tfjs exports the name of every kernel that its operations run.
  const known = new Set<unknown>(Object.values(tf).filter((value) => typeof value === 'string'));
  const ofOurOperations = () => getKernelsForBackend(backend).filter(({kernelName}) => !known.has(kernelName));
  return {
    onStockKernels(side) {
      const ours = getKernelsForBackend(backend);
      const now = new Map(ours.map((kernel) => [kernel.kernelName, kernel]));
      const replaced = before.filter((kernel) => now.get(kernel.kernelName)?.kernelFunc !== kernel.kernelFunc);
      return async () => {
        for (const kernel of replaced) exchange(kernel);
        await side();
        for (const {kernelName} of replaced) exchange(now.get(kernelName)!);
      };
    },
    onReferences(side) {
      const ours = ofOurOperations();
      return async () => {
        for (const {kernelName} of ours) unregisterKernel(kernelName, backend);
        await side();
        for (const kernel of ours) registerKernel(kernel);
      };
    },
    async runsOurs(side) {
      let ran = false;
      const ours = ofOurOperations();
      for (const kernel of ours) {
        const kernelFunc: KernelConfig['kernelFunc'] = (given) => {
          ran = true;
          return kernel.kernelFunc(given);
        };
        exchange({...kernel, kernelFunc});
      }
      await side();
      ours.forEach(exchange);
      return ran;
    },
  };
}

function exchange(kernel: KernelConfig): void {
  unregisterKernel(kernel.kernelName, kernel.backendName);
  registerKernel(kernel);
}
