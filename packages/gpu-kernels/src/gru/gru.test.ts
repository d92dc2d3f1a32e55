import {backendsUnderTest, clampsIds, expectClose, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import type {Direction} from '../sequence/expect-sequence';
import fixture from './fixtures/gru.json';
import {type GRUInputs, gru} from './gru';
import {gruCell} from './gru-cell';

// What `gru` has in common with `lstm` is tested in ../sequence/recurrent.test.ts.

type Stored = {shape: number[]; values: number[]};

const load = ({shape, values}: Stored) => tf.tensor(values, shape);

function weightsFor(I: number, H: number) {
  return {
    kernel: tf.tensor2d(seededValues(I * 3 * H, 1), [I, 3 * H]),
    recurrentKernel: tf.tensor2d(seededValues(H * 3 * H, 2), [H, 3 * H]),
    bias: tf.tensor1d(seededValues(3 * H, 3)),
  };
}

describe.each(backendsUnderTest)('gru on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;

  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => expect(tf.getBackend()).toBe(backend.split('-')[0]));

  test.each(fixture.cases)(
    `$direction, lengths $lengths: results and gradients within ${relative} of ${fixture.source}`,
    async ({direction, lengths, results, gradients}) => {
      const names = Object.keys(fixture.inputs) as (keyof typeof fixture.inputs)[];
      const leaves = names.map((name) => load(fixture.inputs[name]));
      const of = (moved: tf.Tensor[]) => {
        const {hidden, ...inputs} = Object.fromEntries(names.map((name, index) => [name, moved[index]!]));
        return gru({
          ...(inputs as unknown as GRUInputs),
          initialState: hidden as tf.Tensor2D,
          direction: direction as Direction,
          ...(lengths && {lengths: tf.tensor1d(lengths, 'int32')}),
        });
      };
      const found = of(leaves);
      for (const part of ['outputs', 'finalState'] as const) {
        expectClose(await found[part].data(), results[part].values, {relative, absolute: relative / 10});
      }
      const slopes = tf.grads((...moved: tf.Tensor[]) => {
        const {outputs, finalState} = of(moved);
        const {weights} = fixture;
        return tf.add(
          tf.sum(tf.mul(outputs, load(weights.outputs))),
          tf.sum(tf.mul(finalState, load(weights.finalState))),
        );
      })(leaves);
      for (const [index, name] of names.entries()) {
        expectClose(await slopes[index]!.data(), gradients[name].values, {relative});
      }
    },
  );

  test('agrees with the layer of tfjs', async () => {
    const [T, B, I, H] = [4, 3, 5, 6];
    const weights = weightsFor(I, H);
    const layer = tf.layers.gru({units: H, recurrentActivation: 'sigmoid', inputShape: [T, I]});
    const x = tf.tensor3d(seededValues(T * B * I, 4), [T, B, I]);
    const batchMajor = tf.transpose(x, [1, 0, 2]);
    layer.apply(batchMajor);
    layer.setWeights([weights.kernel, weights.recurrentKernel, weights.bias]);
    const expected = await (layer.apply(batchMajor) as tf.Tensor).data();
    expectClose(await gru({x, ...weights}).finalState.data(), expected, {relative, absolute: relative / 10});
  });

  test('without an initial state it starts from zeros', async () => {
    const x = tf.tensor3d(seededValues(24, 4), [3, 2, 4]);
    const weights = weightsFor(4, 5);
    const implied = gru({x, ...weights});
    const explicit = gru({x, ...weights, initialState: tf.zeros([2, 5])});
    expect(await implied.outputs.data()).toEqual(await explicit.outputs.data());
  });

  test('an id outside the table is an error that names it, or clamped', async () => {
    const attempt = (id = 3) => gru({x: tf.tensor2d([0, 1, id, 2], [2, 2], 'int32'), ...weightsFor(3, 4)});
    if (clampsIds(backend)) {
      expect(await attempt().outputs.data()).toEqual(await attempt(2).outputs.data());
      return;
    }
    expect(attempt).toThrow(IdRangeError);
    expect(attempt).toThrow('gru: x has id 3 at position 2, expected ids from 0 to 2');
  });

  test('shapes, dtypes and options that do not fit are errors that say what came and what was expected', () => {
    const weights = weightsFor(4, 5);
    const good: GRUInputs = {x: tf.zeros<tf.Rank.R3>([2, 3, 4]), ...weights};
    const attempt = (change: Record<string, unknown>) => () => gru({...good, ...change});
    expect(attempt({x: tf.zeros([2, 3, 6])})).toThrow(ShapeError);
    expect(attempt({x: tf.zeros([2, 3, 6])})).toThrow('gru: x is float32 [2, 3, 6], expected float32 [T, B, 4] or ids');
    expect(attempt({kernel: tf.zeros([4, 20])})).toThrow('kernel is float32 [4, 20], expected float32 [I, 15]');
    expect(attempt({recurrentKernel: tf.zeros([5, 20])})).toThrow('is float32 [5, 20], expected float32 [5, 15]');
    expect(attempt({bias: tf.zeros([20])})).toThrow('bias is float32 [20], expected float32 [15]');
    expect(attempt({initialState: tf.zeros([2, 5])})).toThrow(
      'initialState is float32 [2, 5], expected float32 [3, 5]',
    );
    expect(attempt({lengths: tf.zeros([3])})).toThrow('lengths is float32 [3], expected int32 [3]');
    expect(attempt({candidateMask: tf.zeros([3, 5])})).toThrow('is float32 [3, 5], expected float32 [2, 3, 5]');
    expect(attempt({direction: 'both'})).toThrow('direction is "both", expected "forward" or "backward"');
    const step = (x: tf.Tensor) => () => gruCell({x: x as tf.Tensor2D, state: tf.zeros([3, 5]), ...weights});
    expect(step(tf.zeros([2, 3, 4]))).toThrow(
      'gruCell: x is float32 [2, 3, 4], expected float32 [B, I] or ids int32 [B]',
    );
    expect(step(tf.zeros([3, 4], 'int32'))).toThrow('gruCell: x is int32 [3, 4], expected float32 [B, I]');
  });
});
