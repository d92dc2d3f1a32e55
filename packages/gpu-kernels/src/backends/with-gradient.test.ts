import {backendsUnderTest, expectClose, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {gru} from '../gru/gru';
import {linear} from '../linear/linear';
import {linearReference} from '../linear/reference';
import {lstm} from '../lstm/lstm';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import {useBackend} from './use-backend';

/** Scalar functions of a [2, 4] tensor, each through one fused operation. */
const functions: Record<string, (x: tf.Tensor) => tf.Scalar> = {
  lstm: (x) =>
    tf.sum(
      lstm({
        x: tf.ones<tf.Rank.R3>([3, 1, 2]),
        kernel: x as tf.Tensor2D,
        recurrentKernel: tf.ones([1, 4]),
        bias: tf.zeros([4]),
      }).outputs,
    ),
  linear: (x) => tf.sum(tf.square(linear({x, kernel: tf.ones([4, 2]), bias: tf.ones([2])}))),
  sparseCrossEntropy: (x) => sparseCrossEntropy({logits: x, labels: tf.tensor1d([0, 3], 'int32')}) as tf.Scalar,
};

const names = Object.keys(functions);

describe.each(backendsUnderTest)('the gradient of a fused operation on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const start = () => tf.tensor2d(seededValues(8, 1), [2, 4]);

  test.each(names)('of %s: a gradient of the gradient is refused, and says why', (name) => {
    tf.tidy(() => {
      const slope = tf.grad(functions[name]!);
      expect(() => tf.grad((x) => tf.sum(slope(x)))(start())).toThrow('has no gradient of its gradient');
    });
  });

  test.each(names)('of %s: it is refused too where only a part of the function is fused', (name) => {
    tf.tidy(() => {
      const slope = tf.grad((x) => tf.add(functions[name]!(x), tf.sum(tf.square(x))));
      expect(() => tf.grad((x) => tf.sum(slope(x)))(start())).toThrow('has no gradient of its gradient');
    });
  });

  test.each([
    ['FusedLSTM', lstm, 4],
    ['FusedGRU', gru, 3],
  ] as const)('of %s: that of x is computed only where it is asked for', async (kernelName, layer, gates) => {
    const [x, kernel] = [tf.ones([3, 1, 2]), tf.ones([2, gates])] as [tf.Tensor3D, tf.Tensor2D];
    const loss = (x: tf.Tensor, kernel: tf.Tensor) => {
      const weights = {recurrentKernel: tf.ones<tf.Rank.R2>([1, gates]), bias: tf.zeros<tf.Rank.R1>([gates])};
      return tf.sum(layer({x: x as tf.Tensor3D, kernel: kernel as tf.Tensor2D, ...weights}).outputs);
    };
    const shapesOf = async (differentiate: () => tf.Tensor) => {
      const {kernels} = await tf.profile(differentiate);
      return kernels.find(({name}) => name === `${kernelName}Grad`)!.outputShapes;
    };
    const all = await shapesOf(() => tf.grads(loss)([x, kernel])[0]!);
    const some = await shapesOf(() => tf.grad((kernel) => loss(x, kernel))(kernel));
    expect(all).toContainEqual([3, 1, 2]);
    expect(some).toEqual(all.slice(0, -1));
    tf.dispose([x, kernel]);
  });

  test.each(names)('of %s inside another gradient that does not need its own is the same', async (name) => {
    const x = start();
    const expected = tf.grad(functions[name]!)(x);
    let inner: tf.Tensor | undefined;
    const outer = tf.grad((moved) => {
      inner = tf.keep(tf.grad(functions[name]!)(x));
      return tf.sum(tf.square(moved));
    })(start());
    expect(await inner!.data()).toEqual(await expected.data());
    expectClose(
      await outer.data(),
      seededValues(8, 1).map((value) => 2 * value),
      {relative: 1e-6},
    );
    tf.dispose([x, expected, inner!, outer]);
  });

  test('an error on the way leaves behind what a plain operation of tfjs leaves, and no more', async () => {
    const lost = async (f: typeof linear) => {
      const {numTensors} = tf.memory();
      const x = start();
      const kernel = tf.ones([4, 2]) as tf.Tensor2D;
      const bias = tf.ones([2]) as tf.Tensor1D;
      const attempt = tf.grad((moved) => {
        f({x: moved, kernel, bias});
        throw new Error('stopped');
      });
      expect(() => attempt(x)).toThrow('stopped');
      tf.dispose([x, kernel, bias]);
      return tf.memory().numTensors - numTensors;
    };
    expect(await lost(linear)).toBeLessThanOrEqual(await lost(linearReference));
  });
});
