// What the variants of `lstm` have in common, asked of each on every backend.
import {
  backendsUnderTest,
  checkGradient,
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
import {ShapeError} from '../errors/shape-error';
import type {LSTMResult} from '../lstm/lstm';
import type {LSTMArguments} from '../lstm/reference';
import normalizedFixture from '../normalized-lstm/fixtures/normalized-lstm.json';
import {type NormalizationWeights, normalizedLSTM} from '../normalized-lstm/normalized-lstm';
import {normalizedLSTMReference} from '../normalized-lstm/reference';
import projectedFixture from '../projected-lstm/fixtures/projected-lstm.json';
import {projectedLSTM} from '../projected-lstm/projected-lstm';
import {projectedLSTMReference} from '../projected-lstm/reference';
import type {Direction} from './expect-sequence';

/** Everything any of them takes. */
type Inputs = LSTMArguments & NormalizationWeights & {projection: tf.Tensor2D};

interface Case {
  T: number;
  B: number;
  I: number;
  H: number;
  P: number;
  ids?: boolean;
  lengths?: number[];
  masked?: boolean;
  direction?: Direction;
  forgetBias?: number;
}

type Stored = {shape: number[]; values: number[]};

interface Variant {
  name: string;
  run(inputs: Inputs): LSTMResult;
  reference(inputs: Inputs): LSTMResult;
  weights(sizes: Case): Record<string, number[]>;
  /** The final hidden state as the fixture has it. */
  finalHidden(result: LSTMResult, inputs: Inputs): tf.Tensor;
  /** Whether its slopes change so fast that differences must be over small distances. */
  curved: boolean;
  fixture: Record<'inputs' | 'weights' | 'results' | 'gradients', Record<string, Stored>> & {source: string};
  /** Shapes that weights must not have, and what is said of them. */
  misfit: {weights: Record<string, number[]>; message: string};
}

const variants: Variant[] = [
  {
    name: 'projectedLSTM',
    run: ({hidden, cell, ...inputs}) => projectedLSTM({...inputs, initialState: {hidden, cell}}),
    reference: projectedLSTMReference,
    weights: ({H, P}) => ({recurrentKernel: [P, 4 * H], projection: [H, P]}),
    finalHidden: ({finalState}, {projection}) => tf.matMul(finalState.hidden, projection),
    curved: false,
    fixture: projectedFixture as unknown as Variant['fixture'],
    misfit: {
      weights: {projection: [4, 3]},
      message: 'projectedLSTM: recurrentKernel is float32 [2, 16], expected float32 [3, 16]',
    },
  },
  {
    name: 'normalizedLSTM',
    run: ({hidden, cell, ...inputs}) => normalizedLSTM({...inputs, initialState: {hidden, cell}}),
    reference: normalizedLSTMReference,
    weights: ({H}) => ({
      ...{recurrentKernel: [H, 4 * H], inputScale: [4 * H], recurrentScale: [4 * H]},
      ...{cellScale: [H], cellShift: [H]},
    }),
    finalHidden: ({finalState}) => finalState.hidden,
    curved: true,
    fixture: normalizedFixture as unknown as Variant['fixture'],
    misfit: {
      weights: {cellScale: [16]},
      message: 'normalizedLSTM: cellScale is float32 [16], expected float32 [4]',
    },
  },
];

const cases: Case[] = [
  {T: 1, B: 1, I: 1, H: 2, P: 1},
  {T: 4, B: 3, I: 5, H: 7, P: 3},
  {T: 5, B: 4, I: 27, H: 16, P: 4, ids: true, forgetBias: 1},
  {T: 3, B: 33, I: 6, H: 9, P: 11, masked: true},
  {T: 4, B: 3, I: 5, H: 6, P: 2, lengths: [4, 0, 2], direction: 'backward'},
];

/** A scalar that depends on all results, each number with a weight of its own. */
function weighted({outputs, finalState: {hidden, cell}}: LSTMResult): tf.Scalar {
  const sums = [outputs, hidden, cell].map((part, index) =>
    tf.sum(tf.mul(part, tf.tensor(seededValues(part.size, 77 + index), part.shape))),
  );
  return tf.addN(sums) as tf.Scalar;
}

describe.each(variants)('$name', ({run, reference, weights, finalHidden, curved, fixture, misfit}) => {
  const shapesOf = (sizes: Case): Record<string, number[]> => {
    const {T, B, I, H} = sizes;
    return {...weights(sizes), kernel: [I, 4 * H], bias: [4 * H], hidden: [B, H], cell: [B, H], x: [T, B, I]};
  };

  const valuesOf = (name: string, shape: number[], index: number) =>
    seededValues(tf.util.sizeFromShape(shape), index + 1, name === 'x' ? 1 : 0.5);

  function tensorsOf(given: Case): Inputs {
    const {T, B, I, H, ids, lengths, masked, ...options} = given;
    const drawn = Object.entries(shapesOf(given)).map(([name, shape], index) => [
      name,
      tf.tensor(valuesOf(name, shape, index), shape),
    ]);
    const mask = () => Float32Array.from(seededIds(T * B * H, 2, 9), (kept) => 2 * kept);
    return {
      ...options,
      ...Object.fromEntries(drawn),
      ...(ids && {x: tf.tensor2d(seededIds(T * B, I, 1), [T, B], 'int32')}),
      ...(lengths && {lengths: tf.tensor1d(lengths, 'int32')}),
      ...(masked && {candidateMask: tf.tensor3d(mask(), [T, B, H])}),
    };
  }

  /** All results, then the gradients of all float inputs. */
  async function everything(implementation: Variant['run'], given: Case): Promise<Float32Array[]> {
    const inputs = tensorsOf(given);
    const names = Object.keys(shapesOf(given)).filter((name) => !(name === 'x' && given.ids)) as (keyof Inputs)[];
    const {outputs, finalState} = implementation(inputs);
    const slopes = tf.grads((...moved: tf.Tensor[]) =>
      weighted(implementation({...inputs, ...Object.fromEntries(names.map((name, index) => [name, moved[index]!]))})),
    )(names.map((name) => inputs[name] as tf.Tensor));
    const all = [outputs, finalState.hidden, finalState.cell, ...slopes];
    return Promise.all(all.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
  }

  const named = (names: string[], moved: tf.Tensor[]) =>
    Object.fromEntries(names.map((name, index) => [name, moved[index]!])) as unknown as Inputs;

  describe.each(backendsUnderTest)('on %s', (backend) => {
    const relative = backend === 'webgl' ? 1e-3 : 1e-5;
    const within = {relative, absolute: relative};
    beforeAll(async () => {
      await startBackend(useBackend, backend);
    });

    test.each(cases)(`%o: results and gradients within ${relative} of the reference`, async (given) => {
      await useBackend('cpu');
      const expected = await everything(reference, given);
      await startBackend(useBackend, backend);
      const actual = await everything(run, given);
      for (const [index, part] of actual.entries()) expectClose(part, expected[index]!, within);
    });

    test(`results and gradients within ${relative} of ${fixture.source}`, async () => {
      const load = ({shape, values}: Stored) => tf.tensor(values, shape);
      const names = Object.keys(fixture.inputs);
      const leaves = names.map((name) => load(fixture.inputs[name]!));
      const of = (moved: tf.Tensor[]): Record<string, tf.Tensor> => {
        const inputs = named(names, moved);
        const result = run(inputs);
        return {
          outputs: result.outputs,
          finalHidden: finalHidden(result, inputs),
          finalCell: result.finalState.cell,
        };
      };
      for (const [name, tensor] of Object.entries(of(leaves))) {
        expectClose(await tensor.data(), fixture.results[name]!.values, within);
      }
      const slopes = tf.grads((...moved: tf.Tensor[]) =>
        tf.addN(Object.entries(of(moved)).map(([name, part]) => tf.sum(tf.mul(part, load(fixture.weights[name]!))))),
      )(leaves);
      for (const [index, name] of names.entries()) {
        expectClose(await slopes[index]!.data(), fixture.gradients[name]!.values, within);
      }
    });

    // Hundreds of passes, which software drivers of GPUs take minutes for; there the reference and PyTorch must do.
    const differences = backend.startsWith('webg') ? [] : [2e-5];
    test.each(differences)('gradients within %d of differences of its values', async (relative) => {
      const shapes = shapesOf({T: 3, B: 2, I: 3, H: 4, P: 2});
      const names = Object.keys(shapes);
      await checkGradient(
        (...moved) => tf.tidy(() => weighted(run(named(names, moved)))),
        names.map((name, index) => ({shape: shapes[name]!, values: valuesOf(name, shapes[name]!, index)})),
        {distance: curved ? 0.015 : 0.05, relative},
      );
    });

    test('a sequence in two parts, the state handed over, is the whole', async () => {
      const {x, ...inputs} = tensorsOf({T: 6, B: 2, I: 5, H: 8, P: 3});
      const part = (from: number) => tf.slice(x as tf.Tensor3D, from, 3);
      const first = run({...inputs, x: part(0)});
      const second = run({...inputs, ...first.finalState, x: part(3)});
      const joined = await tf.concat([first.outputs, second.outputs]).data();
      expectClose(joined, await run({...inputs, x}).outputs.data(), within);
    });

    test('shapes that do not fit are a ShapeError', () => {
      const wrong = Object.entries(misfit.weights).map(([name, shape]) => [name, tf.zeros(shape)]);
      const inputs = {...tensorsOf({T: 2, B: 2, I: 3, H: 4, P: 2}), ...Object.fromEntries(wrong)};
      expect(() => run(inputs)).toThrow(ShapeError);
      expect(() => run(inputs)).toThrow(misfit.message);
    });

    const refused = clampsIds(backend) ? [] : [3, -1];
    test.each(refused)('the id %d outside the table is an error that names it', (bad) => {
      const inputs = tensorsOf({T: 2, B: 2, I: 3, H: 4, P: 2});
      const attempt = () => run({...inputs, x: tf.tensor2d([0, 1, bad, 2], [2, 2], 'int32')});
      expect(attempt).toThrow(IdRangeError);
      expect(attempt).toThrow(`x has id ${bad} at position 2, expected ids from 0 to 2`);
    });

    test('leaves nothing behind but its results', async () => {
      const inputs = tensorsOf({T: 2, B: 2, I: 3, H: 4, P: 2});
      await expectNoLeak(() => {
        const {outputs, finalState} = run(inputs);
        tf.dispose([outputs, finalState.hidden, finalState.cell]);
      });
    });
  });
});
