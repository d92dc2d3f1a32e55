import {
  backendsUnderTest,
  checkGradient,
  expectClose,
  expectNoLeak,
  seededIds,
  seededValues,
  startBackend,
} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import {type Attended, type AttentionInputs, type AttentionKind, type AttentionResult, attention} from './attention';
import fixture from './fixtures/attention.json';
import {attentionReference} from './reference';

interface Sizes {
  T: number;
  B: number;
  S: number;
  D: number;
  E: number;
}

const kinds: AttentionKind[] = ['dot', 'additive'];
const parts = ['query', 'keys', 'values', 'scoreVector'] as const;

const shapesOf = ({T, B, S, D, E}: Sizes) => ({
  ...{query: [T, B, D], keys: [S, B, D], values: [S, B, E], scoreVector: [D]},
  ...{context: [T, B, E], weights: [T, B, S]},
});

function inputsOf(sizes: Sizes, kind: AttentionKind, masked: boolean, seed = 1): AttentionInputs {
  const shapes = shapesOf(sizes);
  const made = parts.map((name, index) => {
    const shape = shapes[name];
    return [name, tf.tensor(seededValues(size(shape), seed + index, 1.5), shape)] as const;
  });
  const lengths = masked ? tf.tensor1d(seededIds(sizes.B, sizes.S + 2, seed), 'int32') : undefined;
  return {...Object.fromEntries(made), ...(lengths && {lengths}), kind} as unknown as AttentionInputs;
}

const size = (shape: number[]) => shape.reduce((product, length) => product * length, 1);

const reference = ({kind, scale, ...tensors}: AttentionInputs): AttentionResult =>
  attentionReference(tensors as Attended, {kind, scale: scale ?? 1 / Math.sqrt(tensors.query.shape[2])});

/** A loss that hangs on every output, or on one of them, each number with a weight of its own. */
function lossOf({context, weights}: AttentionResult, of: 'both' | 'context' | 'weights' = 'both'): tf.Scalar {
  const weigh = (tensor: tf.Tensor, seed: number) =>
    tf.sum(tf.mul(tensor, tf.tensor(seededValues(tensor.size, seed), tensor.shape)));
  const [fromContext, fromWeights] = [weigh(context, 7), weigh(weights, 8)];
  return (of === 'both' ? tf.add(fromContext, fromWeights) : of === 'context' ? fromContext : fromWeights) as tf.Scalar;
}

const differentiable = (kind: AttentionKind) => (kind === 'additive' ? parts : parts.slice(0, 3));

/** Context, weights, and the gradients of all inputs that have one. */
async function everything(
  f: (inputs: AttentionInputs) => AttentionResult,
  inputs: AttentionInputs,
  of: 'both' | 'context' | 'weights' = 'both',
): Promise<Float32Array[]> {
  // The weights do not hang on the values, and tfjs refuses gradients of what is not in the way.
  const names = differentiable(inputs.kind).filter((name) => name !== 'values' || of !== 'weights');
  const {context, weights} = f(inputs);
  const gradients = tf.grads((...moved: tf.Tensor[]) =>
    lossOf(f({...inputs, ...Object.fromEntries(names.map((name, index) => [name, moved[index]]))}), of),
  )(names.map((name) => inputs[name]!));
  const results = [context, weights, ...gradients];
  const numbers = await Promise.all(results.map(async (each) => (await each.data()).slice() as Float32Array));
  tf.dispose(results);
  return numbers;
}

const dispose = ({query, keys, values, lengths, scoreVector}: AttentionInputs) =>
  tf.dispose([query, keys, values, ...(lengths ? [lengths] : []), scoreVector!]);

describe.each(backendsUnderTest)('attention on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const relative = backend === 'webgl' ? 1e-4 : 1e-5; // WebGL asks less of exp
  const agrees = async (sizes: Sizes, kind: AttentionKind, masked: boolean, seed?: number) => {
    await useBackend('cpu');
    const forReference = inputsOf(sizes, kind, masked, seed);
    const expected = await everything(reference, forReference);
    dispose(forReference);
    await startBackend(useBackend, backend);
    const inputs = inputsOf(sizes, kind, masked, seed);
    const actual = await everything(attention, inputs);
    dispose(inputs);
    expect(actual).toHaveLength(kind === 'additive' ? 6 : 5);
    for (const [index, part] of actual.entries()) {
      const largest = expected[index]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expectClose(part, expected[index]!, {relative, absolute: (relative / 10) * Math.max(1, largest)});
    }
  };

  const shapes: Sizes[] = [
    {T: 1, B: 1, S: 1, D: 1, E: 1},
    {T: 1, B: 3, S: 5, D: 4, E: 8},
    {T: 6, B: 2, S: 9, D: 7, E: 5},
    {T: 3, B: 5, S: 33, D: 18, E: 31},
    {T: 2, B: 2, S: 130, D: 64, E: 66},
  ];
  test.each(shapes.flatMap((sizes) => kinds.flatMap((kind) => [false, true].map((masked) => ({sizes, kind, masked})))))(
    `$sizes $kind, masked $masked: outputs and gradients within ${relative} of the reference`,
    ({sizes, kind, masked}) => agrees(sizes, kind, masked),
  );

  test(`any shape and lengths: outputs and gradients within ${relative} of the reference`, async () => {
    const few = fc.integer({min: 1, max: 9});
    const sizes = fc.record({T: few, B: few, S: few, D: few, E: few});
    await fc.assert(fc.asyncProperty(sizes, fc.constantFrom(...kinds), fc.boolean(), fc.nat(1000), agrees), {
      ...{numRuns: 25, seed: 20261123},
    });
  });

  test.each(kinds)(`%s: outputs and gradients within 1e-5 of ${fixture.source}`, async (kind) => {
    const {lengths, inputs: given} = fixture;
    const inputs = {
      ...Object.fromEntries(parts.map((name) => [name, tf.tensor(given[name])])),
      ...{lengths: tf.tensor1d(lengths, 'int32'), kind},
    } as unknown as AttentionInputs;
    const {context, weights} = attention(inputs);
    const expected = fixture[kind];
    expectClose(await context.data(), expected.context.flat(2), {relative: 1e-5, absolute: 1e-6});
    expectClose(await weights.data(), expected.weights.flat(2), {relative: 1e-5, absolute: 1e-6});
    const names = differentiable(kind);
    const gradients = tf.grads((...moved: tf.Tensor[]) => {
      const results = attention({...inputs, ...Object.fromEntries(names.map((name, at) => [name, moved[at]]))});
      const fromContext = tf.sum(tf.mul(results.context, tf.tensor(fixture.contextGradient)));
      return tf.add(fromContext, tf.sum(tf.mul(results.weights, tf.tensor(fixture.weightsGradient))));
    })(names.map((name) => inputs[name]!));
    for (const [index, name] of names.entries()) {
      const wanted = (expected.gradients as unknown as Record<string, number[][][]>)[name]!.flat(2);
      expectClose(await gradients[index]!.data(), wanted, {relative: 1e-5, absolute: 2e-6});
    }
  });

  test.each(kinds)('%s: gradient within 2e-5 of finite differences', async (kind) => {
    const sizes = {T: 2, B: 3, S: 4, D: 5, E: 3};
    const names = differentiable(kind);
    const lengths = tf.tensor1d([4, 0, 2], 'int32');
    const f = (...moved: tf.Tensor[]) =>
      tf.tidy(() => {
        const tensors = Object.fromEntries(names.map((name, index) => [name, moved[index]]));
        return lossOf(attention({...tensors, lengths, kind} as unknown as AttentionInputs));
      });
    const at = names.map((name, index) => {
      const shape = shapesOf(sizes)[name];
      return {shape, values: seededValues(size(shape), index + 1)};
    });
    await checkGradient(f, at);
  });

  test.each(['context', 'weights'] as const)('a loss of the %s alone has the gradient of the reference', async (of) => {
    const inputs = inputsOf({T: 2, B: 2, S: 3, D: 4, E: 5}, 'additive', true);
    const [actual, expected] = [await everything(attention, inputs, of), await everything(reference, inputs, of)];
    actual.forEach((part, index) => {
      expectClose(part, expected[index]!, {relative: 1e-5, absolute: 1e-6});
    });
    dispose(inputs);
  });

  test('weights of a sequence sum to 1 and end where it ends; of an empty one all is zero', async () => {
    const inputs = inputsOf({T: 2, B: 4, S: 3, D: 4, E: 2}, 'dot', false);
    const {context, weights} = attention({...inputs, lengths: tf.tensor1d([0, 1, 3, 99], 'int32')});
    const rows = (await weights.array()) as number[][][];
    for (const step of rows) {
      expect(step[0]).toEqual([0, 0, 0]);
      expectClose(step[1]!, [1, 0, 0], {relative: 1e-6});
      for (const row of step.slice(2))
        expectClose([row.reduce((sum, weight) => sum + weight, 0)], [1], {relative: 1e-6});
    }
    for (const step of (await context.array()) as number[][][]) expect(step[0]).toEqual([0, 0]);
  });

  test('scores of ten thousand do not overflow; scale 1 is the plain product', async () => {
    const query = tf.tensor3d([[[100, 0]]]);
    const keys = tf.tensor3d([[[100, 0]], [[-100, 0]], [[99.99, 0]]]);
    const {weights} = attention({query, keys, values: keys, kind: 'dot', scale: 1});
    const odds = Math.exp(9999 - 10_000);
    expectClose(await weights.data(), [1 / (1 + odds), 0, odds / (1 + odds)], {relative: 2e-3, absolute: 1e-6});
  });

  test('NaN in a query is NaN in its weights, and nowhere else', async () => {
    const query = tf.tensor3d([
      [
        [Number.NaN, 1],
        [1, 2],
      ],
    ]);
    const keys = tf.ones([3, 2, 2]) as tf.Tensor3D;
    const {context, weights} = attention({query, keys, values: keys, kind: 'dot'});
    const [first, second] = ((await weights.array()) as number[][][])[0]!;
    expect(first!.every(Number.isNaN)).toBe(true);
    expect(second!.every(Number.isFinite)).toBe(true);
    expect(((await context.array()) as number[][][])[0]!.map(([value]) => Number.isNaN(value))).toEqual([true, false]);
  });

  test('no queries, no sequences: empty results and gradients', async () => {
    for (const sizes of [
      {T: 0, B: 2, S: 3, D: 4, E: 5},
      {T: 2, B: 0, S: 3, D: 4, E: 5},
    ]) {
      const inputs = inputsOf(sizes, 'dot', true);
      const {context, weights} = attention(inputs);
      expect([context.shape, weights.shape]).toEqual([shapesOf(sizes).context, shapesOf(sizes).weights]);
      const toContext = (keys: tf.Tensor) => attention({...inputs, keys: keys as tf.Tensor3D}).context;
      const gradient = tf.grad(toContext)(inputs.keys, tf.zeros(context.shape));
      expect([...(await gradient.data())]).toEqual(new Array(inputs.keys.size).fill(0));
    }
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const inputs = inputsOf({T: 2, B: 2, S: 3, D: 4, E: 5}, 'additive', true);
    const wrong = (changes: object) => () => attention({...inputs, ...changes} as AttentionInputs);
    expect(wrong({kind: 'general'})).toThrow(`kind is "general", expected 'dot' or 'additive'`);
    expect(wrong({keys: tf.zeros([3, 2, 5])})).toThrow(ShapeError);
    expect(wrong({keys: tf.zeros([3, 2, 5])})).toThrow('keys is float32 [3, 2, 5], expected float32 [S, 2, 4]');
    expect(wrong({values: tf.zeros([4, 2, 5])})).toThrow('values is float32 [4, 2, 5], expected float32 [3, 2, E]');
    expect(wrong({lengths: tf.zeros([2])})).toThrow('lengths is float32 [2], expected int32 [2]');
    expect(wrong({scoreVector: undefined})).toThrow('scoreVector is undefined, expected float32 [4]');
  });

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      for (const kind of kinds) {
        const inputs = inputsOf({T: 2, B: 2, S: 3, D: 4, E: 5}, kind, true);
        await everything(attention, inputs);
        dispose(inputs);
      }
    });
  });
});
