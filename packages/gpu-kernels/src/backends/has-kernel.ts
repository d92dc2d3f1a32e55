import {getBackend, getKernel, type KernelConfig, type NamedTensorMap} from '@tensorflow/tfjs-core';

/** What a call asks for beyond the plain operation; what it does not ask for is undefined or false. */
export type KernelOptions = Record<string, unknown>;

/** A kernel of ours that says when it is to be used. */
export interface SelectiveKernel extends KernelConfig {
  /** Whether it does these options, and on inputs of these shapes does better than the reference. */
  supports(options: KernelOptions, inputs: NamedTensorMap): boolean;
}

/**
 * Whether the backend in use has a kernel for this call; where it has none, the reference runs. A kernel that does not
 * say what it supports is used without options only, because it would leave one it does not know out in silence.
 */
export function hasKernel(name: string, options: KernelOptions, inputs: NamedTensorMap): boolean {
  const kernel = getKernel(name, getBackend()) as Partial<SelectiveKernel> | undefined;
  if (!kernel) return false;
  return kernel.supports?.(options, inputs) ?? !Object.values(options).some(Boolean);
}
