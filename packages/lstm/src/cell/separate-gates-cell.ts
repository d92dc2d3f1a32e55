import {type LSTMState, ShapeError} from '@gatefold/gpu-kernels';
import {add, matMul, mul, sigmoid, type Tensor, type Tensor1D, type Tensor2D, tanh, tidy} from '@tensorflow/tfjs-core';
import type {LSTMCell} from './lstm-cell';

/** The weights of one gate. */
export interface GateWeights {
  /** `[I, H]`: from the input. */
  kernel: Tensor2D;
  /** `[H, H]`: from the hidden state. */
  recurrentKernel: Tensor2D;
  /** `[H]` */
  bias: Tensor1D;
}

/** Four gates, each with two matrices and a bias of its own: the first form of the classic exercise. */
export interface SeparateGates {
  input: GateWeights;
  forget: GateWeights;
  candidate: GateWeights;
  output: GateWeights;
}

/**
 * An LSTM cell that reads as its equations do, with four separate gates:
 *
 *     i = σ(x Wi + h Ri + bi)    f = σ(x Wf + h Rf + bf)    c = tanh(x Wc + h Rc + bc)    o = σ(x Wo + h Ro + bo)
 *     s' = f s + i c             h' = o tanh(s')
 *
 * Eight products a step where `FusedGatesCell` has one; it is here to be read, and to check the fused form against.
 *
 * @example const state = new SeparateGatesCell(gates).step(x, {hidden, cell});
 */
export class SeparateGatesCell implements LSTMCell {
  readonly inputSize: number;
  readonly hiddenSize: number;

  /** @param gates the weights; they stay the caller's. */
  constructor(readonly gates: SeparateGates) {
    [this.inputSize, this.hiddenSize] = gates.input.kernel.shape;
  }

  step(x: Tensor2D, {hidden, cell}: LSTMState): LSTMState {
    if (x.shape[1] !== this.inputSize) {
      throw new ShapeError(`SeparateGatesCell: x is [${x.shape.join(', ')}], expected [B, ${this.inputSize}].`);
    }
    return tidy(() => {
      const gate = ({kernel, recurrentKernel, bias}: GateWeights): Tensor =>
        add(add(matMul(x, kernel), matMul(hidden, recurrentKernel)), bias); // [B, H]
      const i = sigmoid(gate(this.gates.input));
      const f = sigmoid(gate(this.gates.forget));
      const c = tanh(gate(this.gates.candidate));
      const o = sigmoid(gate(this.gates.output));
      const newCell = add(mul(f, cell), mul(i, c)) as Tensor2D;
      return {hidden: mul(o, tanh(newCell)) as Tensor2D, cell: newCell};
    });
  }
}
