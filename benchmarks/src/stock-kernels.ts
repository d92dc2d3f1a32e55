import {getKernelsForBackend, type KernelConfig, registerKernel, unregisterKernel} from '@tensorflow/tfjs';
import type {Side} from './workload';

/**
 * Lets the stock side run on tfjs's own kernels where ours have taken their places. What tfjs has no kernel for at all
 * (on wasm, `UnsortedSegmentSum`) the stock side borrows from us, or it would not run.
 */
export function keepStockKernels(backend: string): (stock: Side) => Side {
  const before = getKernelsForBackend(backend);
  return (stock) => {
    const ours = getKernelsForBackend(backend);
    const now = new Map(ours.map((kernel) => [kernel.kernelName, kernel]));
    const replaced = before.filter((kernel) => now.get(kernel.kernelName)?.kernelFunc !== kernel.kernelFunc);
    return async () => {
      for (const kernel of replaced) exchange(kernel);
      await stock();
      for (const {kernelName} of replaced) exchange(now.get(kernelName)!);
    };
  };
}

function exchange(kernel: KernelConfig): void {
  unregisterKernel(kernel.kernelName, kernel.backendName);
  registerKernel(kernel);
}
