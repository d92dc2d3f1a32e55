import {backendsUnderTest, expectNoLeak, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import type {WasmBackend} from './backends/wasm-memory';
import {adamStep, linear, lstm, sparseCrossEntropy, useBackend} from './index';

/** A small language model, all of it: each call of `step` is one training step on the same batch. */
function trainer() {
  const [vocabulary, hidden, steps, batch] = [11, 13, 5, 6];
  const shapes = [[vocabulary, 4 * hidden], [hidden, 4 * hidden], [4 * hidden], [hidden, vocabulary], [vocabulary]];
  const variables = (scale: number) =>
    shapes.map((shape, index) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return tf.tidy(() => tf.variable(tf.tensor(seededValues(size, index, scale), shape)));
    });
  const [parameters, firstMoments, secondMoments] = [variables(0.2), variables(0), variables(0)];
  const [kernel, recurrentKernel, bias, outputKernel, outputBias] = parameters as tf.Tensor[] as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor1D,
    tf.Tensor2D,
    tf.Tensor1D,
  ];
  const x = tf.tensor2d(seededIds(steps * batch, vocabulary, 1), [steps, batch], 'int32');
  const labels = tf.tensor2d(seededIds(steps * batch, vocabulary, 2), [steps, batch], 'int32');
  let done = 0;

  /** No `tidy` around it: what it makes it disposes of by name. */
  const step = async (): Promise<number> => {
    const {value, grads} = tf.variableGrads(() => {
      const {outputs} = lstm({x, kernel, recurrentKernel, bias});
      const logits = linear({x: outputs, kernel: outputKernel, bias: outputBias});
      return sparseCrossEntropy({logits, labels}) as tf.Scalar;
    }, parameters);
    const gradients = parameters.map(({name}) => grads[name]!);
    done += 1;
    const norm = adamStep({
      ...{parameters, gradients, firstMoments, secondMoments, clipNorm: 1},
      ...{learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: done},
    });
    const [loss] = await value.data();
    tf.dispose([value, norm, grads] as unknown as tf.TensorContainer);
    return loss!;
  };
  return {step, parameters, dispose: () => tf.dispose([x, labels])};
}

describe.each(backendsUnderTest)('training with all operations on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  afterEach(() => tf.disposeVariables());

  test('learns a batch by heart', async () => {
    const {step, dispose} = trainer();
    const first = await step();
    expect(first).toBeCloseTo(Math.log(11), 1);
    let last = first;
    for (let count = 0; count < 150; count++) last = await step();
    expect(last).toBeLessThan(0.2);
    dispose();
  });

  test('holds as many tensors and buffers after 1000 steps as after 10, without a tidy', async () => {
    const {step, dispose} = trainer();
    const bytesInGPU = () => (tf.memory() as {numBytesInGPU?: number}).numBytesInGPU;
    for (let count = 0; count < 10; count++) await step();
    const before = bytesInGPU();
    await expectNoLeak(async () => {
      for (let count = 0; count < 990; count++) await step();
    });
    expect(bytesInGPU()).toBe(before);
    dispose();
  });

  test('comes to the same bits every time', async () => {
    const run = async () => {
      const {step, parameters, dispose} = trainer();
      for (let count = 0; count < 5; count++) await step();
      dispose();
      return Promise.all(parameters.map(async (parameter) => (await parameter.data()).slice()));
    };
    expect(await run()).toEqual(await run());
  });
});

test('on wasm the memory does not grow from step 10 to step 1000', async () => {
  await useBackend('wasm');
  const {wasm} = tf.engine().backend as WasmBackend;
  const {step, dispose} = trainer();
  for (let count = 0; count < 10; count++) await step();
  const before = wasm.HEAPU8.length;
  const free = () => {
    // The address that the allocator would hand out next for a large block moves up where scratch space is not freed.
    const pointer = wasm._malloc(1 << 20);
    wasm._free(pointer);
    return pointer;
  };
  const top = free();
  for (let count = 0; count < 990; count++) await step();
  expect(wasm.HEAPU8.length).toBe(before);
  expect(free()).toBe(top);
  dispose();
  tf.disposeVariables();
});
