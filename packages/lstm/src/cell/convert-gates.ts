import {concat, split, type Tensor1D, type Tensor2D, tidy} from '@tensorflow/tfjs-core';
import type {FusedGates} from './fused-gates-cell';
import type {GateWeights, SeparateGates} from './separate-gates-cell';

/** The four gates in the order in which the fused form has them. */
const order = ['input', 'forget', 'candidate', 'output'] as const;

/**
 * Puts four separate gates side by side. The result is new; the caller disposes of both.
 *
 * @example const cell = new FusedGatesCell(fuseGates(gates));
 */
export function fuseGates(gates: SeparateGates): FusedGates {
  const side = <Part extends keyof GateWeights>(part: Part) => order.map((gate) => gates[gate][part]);
  return {
    kernel: concat(side('kernel'), 1), // [I, 4H]
    recurrentKernel: concat(side('recurrentKernel'), 1), // [H, 4H]
    bias: concat(side('bias'), 0), // [4H]
  };
}

/**
 * Takes fused gates apart. The result is new; the caller disposes of both.
 *
 * @example const cell = new SeparateGatesCell(separateGates(fused));
 */
export function separateGates({kernel, recurrentKernel, bias}: FusedGates): SeparateGates {
  return tidy(() => {
    const kernels = split(kernel, 4, 1) as Tensor2D[]; // [I, H] each
    const recurrentKernels = split(recurrentKernel, 4, 1) as Tensor2D[]; // [H, H] each
    const biases = split(bias, 4, 0) as Tensor1D[]; // [H] each
    const gate = (index: number) => ({
      kernel: kernels[index]!,
      recurrentKernel: recurrentKernels[index]!,
      bias: biases[index]!,
    });
    return {input: gate(0), forget: gate(1), candidate: gate(2), output: gate(3)};
  });
}
