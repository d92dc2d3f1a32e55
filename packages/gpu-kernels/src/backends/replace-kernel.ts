import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

/** A kernel in the place of one of tfjs's own, under its name and with its meaning. */
export interface KernelReplacement {
  kernelName: string;
  backendName: string;
  /** Makes the kernel; `stock` is tfjs's, for the cases that it does well, or throws that there is none. */
  around: (stock: KernelFunc) => KernelFunc;
}

/** Puts a kernel of ours in the place of tfjs's, which keeps its set-up; without tfjs's warning about doing so. */
export function replaceKernel({kernelName, backendName, around}: KernelReplacement): void {
  const stock = getKernel(kernelName, backendName);
  if (stock) unregisterKernel(kernelName, backendName);
  const none = () => {
    throw new Error(`${kernelName}: the backend ${backendName} has no kernel for these inputs.`);
  };
  registerKernel({...stock, kernelName, backendName, kernelFunc: around(stock?.kernelFunc ?? none)} as KernelConfig);
}

/** Runs another kernel of the same backend from within a kernel. */
export function runKernel(
  kernelName: string,
  inputs: NamedTensorInfoMap,
  backend: {constructor: unknown},
  backendName: string,
  attrs: object = {},
): TensorInfo {
  const {kernelFunc} = getKernel(kernelName, backendName)!;
  return kernelFunc({inputs, backend, attrs: attrs as Parameters<KernelFunc>[0]['attrs']}) as TensorInfo;
}
