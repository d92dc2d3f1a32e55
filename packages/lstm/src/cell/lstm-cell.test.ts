import {type LSTMState, ShapeError, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {fuseGates, separateGates} from './convert-gates';
import {FusedGatesCell} from './fused-gates-cell';
import {type GateWeights, type SeparateGates, SeparateGatesCell} from './separate-gates-cell';

const [batchSize, inputSize, hiddenSize] = [3, 5, 6];

function gate(seed: number): GateWeights {
  return {
    kernel: tf.tensor2d(seededValues(inputSize * hiddenSize, seed), [inputSize, hiddenSize]),
    recurrentKernel: tf.tensor2d(seededValues(hiddenSize * hiddenSize, seed + 1), [hiddenSize, hiddenSize]),
    bias: tf.tensor1d(seededValues(hiddenSize, seed + 2)),
  };
}

const gates = (): SeparateGates => ({input: gate(1), forget: gate(11), candidate: gate(21), output: gate(31)});
const input = (step: number) => tf.tensor2d(seededValues(batchSize * inputSize, 100 + step), [batchSize, inputSize]);
const noState = (): LSTMState => ({hidden: tf.zeros([batchSize, hiddenSize]), cell: tf.zeros([batchSize, hiddenSize])});
const dispose = (...tensors: unknown[]) => tf.dispose(tensors as unknown as tf.TensorContainer);

describe.each(backendsUnderTest)('the LSTM cell on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test('gives the same numbers from four gates as from fused ones, within 1e-5 over ten steps', async () => {
    const separate = gates();
    const cells = [new SeparateGatesCell(separate), new FusedGatesCell(fuseGates(separate))] as const;
    let states = [noState(), noState()];
    for (let step = 0; step < 10; step++) {
      states = cells.map((cell, index) => cell.step(input(step), states[index]!));
      for (const part of ['hidden', 'cell'] as const) {
        expectClose(await states[1]![part].data(), await states[0]![part].data(), {relative: 1e-5, absolute: 1e-6});
      }
    }
  });

  test('knows its sizes in either form', () => {
    for (const cell of [new SeparateGatesCell(gates()), new FusedGatesCell(fuseGates(gates()))]) {
      expect([cell.inputSize, cell.hiddenSize]).toEqual([inputSize, hiddenSize]);
    }
  });

  test('comes back to the bit from fused to separate gates', async () => {
    const separate = gates();
    const back = separateGates(fuseGates(separate));
    for (const name of ['input', 'forget', 'candidate', 'output'] as const) {
      for (const part of ['kernel', 'recurrentKernel', 'bias'] as const) {
        expect(back[name][part].shape).toEqual(separate[name][part].shape);
        expect(await back[name][part].data()).toEqual(await separate[name][part].data());
      }
    }
  });

  test('puts the gates in the order input, forget, candidate, output', async () => {
    const {bias} = fuseGates(gates());
    const separate = gates();
    const expected = await tf
      .concat([separate.input.bias, separate.forget.bias, separate.candidate.bias, separate.output.bias])
      .data();
    expect(await bias.data()).toEqual(expected);
  });

  test('refuses an input of another size', () => {
    for (const cell of [new SeparateGatesCell(gates()), new FusedGatesCell(fuseGates(gates()))]) {
      expect(() => cell.step(tf.zeros([batchSize, 9]), noState())).toThrow(ShapeError);
    }
  });

  test('leaves nothing behind but the new state', async () => {
    await expectNoLeak(() => {
      const separate = gates();
      const fused = fuseGates(separate);
      const back = separateGates(fused);
      for (const cell of [new SeparateGatesCell(separate), new FusedGatesCell(fused)]) {
        const [x, state] = [input(1), noState()];
        dispose(cell.step(x, state), x, state);
      }
      dispose(separate, fused, back);
    });
  });
});
