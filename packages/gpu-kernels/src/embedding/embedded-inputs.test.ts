import {
  backendsUnderTest,
  clampsIds,
  expectClose,
  expectNoLeak,
  seededIds,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {gru} from '../gru/gru';
import {lstm} from '../lstm/lstm';
import {embeddedInputs, type InputsOfLayer} from './embedded-inputs';
import {embeddingLookup} from './embedding-lookup';
import {valueAndGradients} from './value-and-gradients';

describe.each(backendsUnderTest)('embeddedInputs on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const {steps, batch, width, hidden} = {steps: 5, batch: 16, width: 4, hidden: 6};
  const tensor = (shape: number[], seed: number) => tf.tensor(seededValues(tf.util.sizeFromShape(shape), seed), shape);
  const idsBelow = (below: number) =>
    tf.tensor2d(seededIds(steps * batch, below, 2), [steps, batch], 'int32') as tf.Tensor2D;
  const looksAtIds = backend.startsWith('wasm') || backend === 'cpu';

  // A table of 7 symbols is shorter than the 80 places; of 400, 4 are used, or nearly as many as there are places.
  const cases = [
    {symbols: 7, below: 7, kernelRows: 7},
    {symbols: 400, below: 4, kernelRows: looksAtIds ? 4 : width},
    {symbols: 4000, below: 4000, kernelRows: width},
  ].flatMap((given) => (['lstm', 'gru'] as const).map((cell) => ({...given, cell})));

  test.each(cases)(
    '$cell, $symbols symbols of which $below: learns the same as from rows, within 1e-5 (webgl 1e-3)',
    async ({symbols, below, kernelRows, cell}) => {
      const gates = cell === 'lstm' ? 4 : 3;
      const shapes = [[symbols, width], [width, gates * hidden], [hidden, gates * hidden], [gates * hidden]];
      const variables = tf.tidy(() => shapes.map((shape, index) => tf.variable(tensor(shape, index + 3))));
      const [table, kernel, recurrentKernel, bias] = variables as tf.Tensor[] as [
        ...[tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
        tf.Tensor1D,
      ];
      const ids = idsBelow(below);
      const learn = (inputs: () => InputsOfLayer) =>
        valueAndGradients(() => {
          const layer = {...inputs(), recurrentKernel, bias};
          const {outputs} = cell === 'lstm' ? lstm(layer) : gru(layer);
          return tf.sum(tf.mul(outputs, tensor(outputs.shape, 9))) as tf.Scalar;
        }, variables);
      const kernelOf = tf.tidy(() => embeddedInputs({table, ids})(kernel).kernel.shape);
      expect(kernelOf).toEqual([kernelRows, gates * hidden]);
      const isDense = symbols <= steps * batch;
      const found = learn(() => embeddedInputs({table, ids})(kernel));
      const expected = learn(() => ({x: embeddingLookup({table, ids}) as tf.Tensor3D, kernel}));
      expectClose(await found.value.data(), await expected.value.data(), {relative, absolute: relative});
      expect('ids' in found.gradients[0]!).toBe(!isDense);
      const dense = (gradient: (typeof found.gradients)[number], index: number) =>
        'ids' in gradient
          ? tf.unsortedSegmentSum(gradient.values, gradient.ids, shapes[index]![0]!)
          : (gradient as tf.Tensor);
      for (const [index, gradient] of found.gradients.entries()) {
        const values = await dense(gradient, index).data();
        expectClose(values, await dense(expected.gradients[index]!, index).data(), {relative, absolute: relative});
      }
      tf.dispose([variables, ids, found, expected] as unknown as tf.TensorContainer);
    },
  );

  test('without places nothing is looked for', () => {
    const [table, kernel] = [tensor([40, width], 1), tensor([width, 24], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const ids = tf.tensor2d([], [0, 3], 'int32') as tf.Tensor2D;
    expect(embeddedInputs({table, ids})(kernel)).toMatchObject({
      x: {shape: [0, 3, width]},
      kernel: {shape: [width, 24]},
    });
  });

  test('leaves nothing behind but what it gives', async () => {
    const [table, kernel] = [tensor([400, width], 1), tensor([width, 24], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const ids = idsBelow(4);
    await expectNoLeak(() => {
      const {x, kernel: given} = embeddedInputs({table, ids})(kernel);
      if (x !== (ids as tf.Tensor)) x.dispose();
      if (given !== kernel) given.dispose();
    });
  });

  test.skipIf(clampsIds(backend))('an id that is out of range is an error of those that follow', () => {
    const [table, kernel] = [tensor([40, width], 1), tensor([width, 24], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const ids = tf.tensor2d([[1, 1, 40, 1]], [1, 4], 'int32') as tf.Tensor2D;
    expect(() => embeddedInputs({table, ids})(kernel)).toThrow(IdRangeError);
  });
});
