import {backendsUnderTest, expectClose, expectNoLeak, seededIds, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {gru} from '../gru/gru';
import {linear} from '../linear/linear';
import {lstm} from '../lstm/lstm';
import {sgdStep} from '../optimizer-step/optimizer-step';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import {withinLeastLimits} from './fixtures/within-least-limits';
import {useBackend} from './use-backend';
import {tensorLimit, type WebGPUBackend} from './webgpu-dispatch';

/** The character model of one layer, with seeded weights and a batch. */
function prepare({steps, batch, vocabulary, size} = {steps: 10, batch: 64, vocabulary: 27, size: 64}) {
  const shapes = [[vocabulary, 4 * size], [size, 4 * size], [4 * size], [size, vocabulary], [vocabulary]];
  const parameters = shapes.map((shape, index) =>
    tf.tidy(() => tf.variable(tf.tensor(seededValues(tf.util.sizeFromShape(shape), index, 0.3), shape))),
  );
  const [x, labels] = [1, 2].map((seed) =>
    tf.tensor2d(seededIds(steps * batch, vocabulary, seed), [steps, batch], 'int32'),
  ) as [tf.Tensor2D, tf.Tensor2D];
  const [kernel, recurrentKernel, bias, outputKernel, outputBias] = parameters as tf.Tensor[] as [
    ...[tf.Tensor2D, tf.Tensor2D, tf.Tensor1D],
    ...[tf.Tensor2D, tf.Tensor1D],
  ];
  /** One training step; gives the loss. */
  const step = () => {
    const {value, grads} = tf.variableGrads(() => {
      const {outputs} = lstm({x, kernel, recurrentKernel, bias});
      const logits = linear({x: outputs, kernel: outputKernel, bias: outputBias});
      return sparseCrossEntropy({logits, labels}) as tf.Scalar;
    }, parameters);
    const gradients = parameters.map(({name}) => grads[name]!);
    tf.dispose([sgdStep({parameters, gradients, learningRate: 1, clipNorm: 1.25}), grads]);
    return value;
  };
  return {step, parameters, dispose: () => tf.dispose([parameters, x, labels])};
}

async function losses(count: number): Promise<number[]> {
  const {step, dispose} = prepare();
  const found: number[] = [];
  for (let done = 0; done < count; done++) {
    const loss = step();
    found.push((await loss.data())[0]!);
    loss.dispose();
  }
  dispose();
  return found;
}

describe.runIf(backendsUnderTest.includes('webgpu'))('a training step of the 64-unit character model on webgpu', () => {
  beforeAll(async () => {
    await useBackend('webgpu');
  });
  afterEach(() => vi.restoreAllMocks());

  test('takes at most 20 dispatches', async () => {
    const {step, dispose} = prepare();
    const dispatched = vi.spyOn(GPUComputePassEncoder.prototype, 'dispatchWorkgroups');
    await step().data();
    expect(dispatched.mock.calls.length).toBeLessThanOrEqual(20);
    dispose();
  });

  test('gives the losses of cpu within 1e-5 for ten steps', async () => {
    const actual = await losses(10);
    await useBackend('cpu');
    const expected = await losses(10);
    await useBackend('webgpu');
    expectClose(actual, expected, {relative: 1e-5});
  });

  test('leaves no tensor and no GPU buffer behind in 1000 steps', async () => {
    const {step, dispose} = prepare({steps: 3, batch: 5, vocabulary: 7, size: 6});
    const bytes = () => (tf.memory() as unknown as {numBytesInGPU: number}).numBytesInGPU;
    const run = async (count: number) => {
      for (let done = 0; done < count; done++) {
        const loss = step();
        if (done % 100 === 99) await loss.data(); // or the commands of all steps wait in the queue
        loss.dispose();
      }
    };
    await run(100);
    const before = bytes();
    await expectNoLeak(() => run(1000));
    expect(bytes()).toBe(before);
    dispose();
  });

  test('runs within the limits that every device has, and in at most 20 dispatches', async () => {
    const expected = await losses(3);
    await withinLeastLimits(async () => {
      const dispatched = vi.spyOn(GPUComputePassEncoder.prototype, 'dispatchWorkgroups');
      expectClose(await losses(3), expected, {relative: 1e-5});
      expect(dispatched.mock.calls.length / 3).toBeLessThanOrEqual(20);
    });
  });

  test.each([
    {operation: lstm, gates: 4},
    {operation: gru, gates: 3},
  ])(
    '$operation.name: what needs more buffers than such a device binds is computed without the kernel',
    async ({operation, gates}) => {
      const run = async () => {
        const [steps, batch, size] = [4, 3, 5];
        const given = (seed: number, shape: number[]) =>
          tf.tensor(seededValues(tf.util.sizeFromShape(shape), seed), shape);
        const {outputs} = operation({
          x: given(1, [steps, batch, 2]) as tf.Tensor3D,
          kernel: given(2, [2, gates * size]) as tf.Tensor2D,
          recurrentKernel: given(3, [size, gates * size]) as tf.Tensor2D,
          bias: given(4, [gates * size]) as tf.Tensor1D,
          lengths: tf.tensor1d([4, 2, 3], 'int32'),
          candidateMask: given(5, [steps, batch, size]) as tf.Tensor3D,
        });
        return outputs.data();
      };
      const expected = await run();
      await withinLeastLimits(async () => {
        expect(tensorLimit(tf.backend() as WebGPUBackend)).toBeLessThan(9);
        expectClose(await run(), expected, {relative: 1e-5});
      });
    },
  );
});
