import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {recurrentLayer} from '../recurrent-layer/recurrent-layer';
import {embeddedInputs} from './embedded-inputs';
import {thinning, whole} from './thinning';

describe.each(backendsUnderTest)('embedded inputs on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const {steps, batch, symbols, width, hidden} = {steps: 5, batch: 3, symbols: 7, width: 4, hidden: 6};
  const tensor = (shape: number[], seed: number) => tf.tensor(seededValues(tf.util.sizeFromShape(shape), seed), shape);
  const table = () => tensor([symbols, width], 1) as tf.Tensor2D;
  const ids = () => tf.tensor2d(seededIds(steps * batch, symbols, 2), [steps, batch], 'int32');

  test.each(['lstm', 'gru'] as const)(
    'a %s learns the same from ids and from rows, within 1e-5 (webgl 1e-3)',
    async (cell) => {
      const gates = cell === 'lstm' ? 4 : 3;
      const shapes = [[symbols, width], [width, gates * hidden], [hidden, gates * hidden], [gates * hidden]];
      const given = shapes.map((shape, index) => tensor(shape, index + 3));
      const outputs =
        (asVectors: boolean) => (table: tf.Tensor, kernel: tf.Tensor, recurrentKernel: tf.Tensor, bias: tf.Tensor) => {
          const weights = {kernel, recurrentKernel, bias} as Parameters<typeof recurrentLayer>[1];
          const inputs = embeddedInputs({table: table as tf.Tensor2D, ids: ids(), asVectors}, whole)(weights);
          expect(inputs.x.dtype).toBe(asVectors ? 'float32' : 'int32');
          return recurrentLayer(cell, {...inputs, forgetBias: 0}).outputs;
        };
      const [found, expected] = [false, true].map((asVectors) => tf.valueAndGrads(outputs(asVectors))(given));
      expectClose(await found!.value.data(), await expected!.value.data(), {relative});
      for (const [index, gradient] of found!.grads.entries()) {
        expectClose(await gradient.data(), await expected!.grads[index]!.data(), {relative, absolute: relative});
      }
      tf.dispose([given, found, expected] as tf.TensorContainer);
    },
  );

  test('rows are looked up where they are fewer than the table has, and where part of them is dropped', () => {
    tf.tidy(() => {
      const weights = {kernel: tensor([width, 4 * hidden], 5) as tf.Tensor2D};
      const few = tf.slice(ids(), [0, 0], [2, batch]);
      expect(embeddedInputs({table: table(), ids: few}, whole)(weights)).toMatchObject({x: {shape: [2, batch, width]}});
      const thinned = embeddedInputs({table: table(), ids: ids()}, thinning(0.5, 1))(weights);
      expect(thinned.x.shape).toEqual([steps, batch, width]);
      expect(thinned.kernel).toBe(weights.kernel);
    });
  });
});
