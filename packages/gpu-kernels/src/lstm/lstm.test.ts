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
import fc from 'fast-check';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import type {Direction} from '../sequence/expect-sequence';
import fixture from './fixtures/lstm.json';
import packed from './fixtures/packed-lstm.json';
import {type LSTMInputs, type LSTMResult, lstm} from './lstm';
import {type LSTMArguments, lstmReference} from './reference';

interface Sizes {
  T: number;
  B: number;
  I: number;
  H: number;
  ids?: boolean;
}

interface Options {
  lengths?: number[];
  /** A candidate mask of zeros and twos. */
  masked?: boolean;
  direction?: Direction;
  forgetBias?: number;
}

interface Values {
  sizes: Sizes;
  options: Options;
  x: Float32Array | Int32Array;
  kernel: Float32Array;
  recurrentKernel: Float32Array;
  bias: Float32Array;
  hidden: Float32Array;
  cell: Float32Array;
}

function values(sizes: Sizes, seed = 1, scale = 0.5, options: Options = {}): Values {
  const {T, B, I, H, ids} = sizes;
  return {
    sizes,
    options,
    x: ids ? seededIds(T * B, I, seed) : seededValues(T * B * I, seed),
    kernel: seededValues(I * 4 * H, seed + 1, scale),
    recurrentKernel: seededValues(H * 4 * H, seed + 2, scale),
    bias: seededValues(4 * H, seed + 3, scale),
    hidden: seededValues(B * H, seed + 4),
    cell: seededValues(B * H, seed + 5),
  };
}

function tensors({sizes: {T, B, I, H, ids}, options, x, ...rest}: Values): LSTMArguments {
  const {lengths, masked, ...attributes} = options;
  const mask = () => Float32Array.from(seededIds(T * B * H, 2, 9), (kept) => 2 * kept);
  return {
    ...attributes,
    ...(lengths && {lengths: tf.tensor1d(lengths, 'int32')}),
    ...(masked && {candidateMask: tf.tensor3d(mask(), [T, B, H])}),
    // Tensors on cpu keep the array they are given: each gets its own.
    x: ids ? tf.tensor2d(x.slice(), [T, B], 'int32') : tf.tensor3d(x.slice() as Float32Array, [T, B, I]),
    kernel: tf.tensor2d(rest.kernel.slice(), [I, 4 * H]),
    recurrentKernel: tf.tensor2d(rest.recurrentKernel.slice(), [H, 4 * H]),
    bias: tf.tensor1d(rest.bias.slice()),
    hidden: tf.tensor2d(rest.hidden.slice(), [B, H]),
    cell: tf.tensor2d(rest.cell.slice(), [B, H]),
  };
}

const run = ({hidden, cell, ...inputs}: LSTMArguments): LSTMResult => lstm({...inputs, initialState: {hidden, cell}});

type Numbers = Record<'outputs' | 'hidden' | 'cell', Float32Array>;

/** The three results, and the tensors made on the way let go. */
async function results(implementation: (inputs: LSTMArguments) => LSTMResult, given: Values): Promise<Numbers> {
  const inputs = tensors(given);
  const {outputs, finalState} = implementation(inputs);
  const numbers = {
    outputs: (await outputs.data()) as Float32Array,
    hidden: (await finalState.hidden.data()) as Float32Array,
    cell: (await finalState.cell.data()) as Float32Array,
  };
  const copies = {outputs: numbers.outputs.slice(), hidden: numbers.hidden.slice(), cell: numbers.cell.slice()};
  tf.dispose([inputs, outputs, finalState] as unknown as tf.TensorContainer);
  return copies;
}

type Part = 'outputs' | 'hidden' | 'cell';

/** A scalar that depends on the named results, each value with a weight of its own. */
function weighted({outputs, finalState}: LSTMResult, parts: Part[]): tf.Scalar {
  const all = {outputs, ...finalState} as Record<Part, tf.Tensor>;
  const sums = parts.map((part, index) => {
    const {shape, size} = all[part];
    return tf.sum(tf.mul(all[part], tf.tensor(seededValues(size, 77 + index), shape)));
  });
  return tf.addN(sums) as tf.Scalar;
}

const differentiable = ['kernel', 'recurrentKernel', 'bias', 'hidden', 'cell'] as const;

/** The gradients of `weighted` in every float input. */
async function gradients(
  implementation: (inputs: LSTMArguments) => LSTMResult,
  given: Values,
  parts: Part[] = ['outputs', 'hidden', 'cell'],
): Promise<Float32Array[]> {
  const inputs = tensors(given);
  const names = given.sizes.ids ? differentiable : ([...differentiable, 'x'] as const);
  const found = tf.grads((...moved: tf.Tensor[]) => {
    const replaced = Object.fromEntries(names.map((name, index) => [name, moved[index]!]));
    return weighted(implementation({...inputs, ...replaced}), parts);
  })(names.map((name) => inputs[name] as tf.Tensor));
  const numbers = await Promise.all(found.map(async (gradient) => (await gradient.data()).slice() as Float32Array));
  tf.dispose([inputs, found] as unknown as tf.TensorContainer);
  return numbers;
}

const shapes: Sizes[] = [
  {T: 1, B: 1, I: 1, H: 1, ids: false},
  {T: 1, B: 5, I: 3, H: 7, ids: false},
  {T: 4, B: 3, I: 5, H: 4, ids: false},
  {T: 6, B: 2, I: 9, H: 13, ids: false},
  {T: 3, B: 33, I: 8, H: 16, ids: false},
  {T: 2, B: 1, I: 27, H: 3, ids: true},
  {T: 3, B: 2, I: 729, H: 5, ids: true},
  {T: 5, B: 4, I: 27, H: 11, ids: true},
  {T: 10, B: 64, I: 27, H: 64, ids: true},
];

const variants: Options[] = [
  {lengths: [4, 1, 0, 3, 2]},
  {lengths: [9, -1, 4, 2, 1]},
  {direction: 'backward'},
  {direction: 'backward', lengths: [4, 1, 0, 3, 2]},
  {masked: true},
  {forgetBias: 1.5},
  {masked: true, forgetBias: 1, lengths: [2, 4, 1, 0, 3], direction: 'backward'},
];

describe.each(backendsUnderTest)('lstm on %s', (backend) => {
  const onReference = async <T>(f: () => Promise<T>): Promise<T> => {
    await useBackend('cpu');
    try {
      return await f();
    } finally {
      await startBackend(useBackend, backend);
    }
  };

  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => expect(tf.getBackend()).toBe(backend.split('-')[0]));

  test.each(shapes)('T $T, B $B, I $I, H $H, ids $ids: results within 1e-5 of the reference', async (sizes) => {
    const given = values(sizes);
    const expected = await onReference(() => results(lstmReference, given));
    const actual = await results(run, given);
    for (const part of ['outputs', 'hidden', 'cell'] as const) {
      expectClose(actual[part], expected[part], {relative: 1e-5, absolute: 1e-6});
    }
  });

  test.each(shapes)('T $T, B $B, I $I, H $H, ids $ids: gradients within 1e-5 of the reference', async (sizes) => {
    const given = values(sizes);
    const expected = await onReference(() => gradients(lstmReference, given));
    const actual = await gradients(run, given);
    expect(actual).toHaveLength(sizes.ids ? 5 : 6);
    actual.forEach((gradient, index) => {
      expectClose(gradient, expected[index]!, {relative: 1e-5});
    });
  });

  test.each(variants.flatMap((options) => [false, true].map((ids) => ({ids, options}))))(
    'ids $ids, $options: results and gradients within 1e-5 of the reference',
    async ({ids, options}) => {
      const given = values({T: 4, B: 5, I: 3, H: 6, ids}, 1, 0.5, options);
      const expected = await onReference(() => results(lstmReference, given));
      const actual = await results(run, given);
      for (const part of ['outputs', 'hidden', 'cell'] as const) {
        expectClose(actual[part], expected[part], {relative: 1e-5, absolute: 1e-6});
      }
      const slopes = await onReference(() => gradients(lstmReference, given));
      (await gradients(run, given)).forEach((gradient, index) => {
        expectClose(gradient, slopes[index]!, {relative: 1e-5});
      });
    },
  );

  test.each(
    [false, true].flatMap((ids) => (['outputs', 'hidden', 'cell'] as const).map((part) => ({ids, parts: [part]}))),
  )('ids $ids: gradients through $parts alone within 1e-5 of the reference', async ({ids, parts}) => {
    const given = values({T: 4, B: 3, I: 5, H: 6, ids});
    const expected = await onReference(() => gradients(lstmReference, given, parts));
    const actual = await gradients(run, given, parts);
    actual.forEach((gradient, index) => {
      expectClose(gradient, expected[index]!, {relative: 1e-5});
    });
  });

  test.each(Object.entries(fixture.sources))('results and gradients within 1e-5 of %s', async (_, source) => {
    type Stored = {shape: number[]; values: number[]};
    const load = ({shape, values}: Stored) => tf.tensor(values, shape);
    const inputs = Object.entries(fixture.inputs).map(([name, stored]) => [name, load(stored)] as const);
    const names = inputs.map(([name]) => name);
    const leaves = inputs.map(([, tensor]) => tensor);
    const weights = Object.fromEntries(Object.entries(fixture.weights).map(([name, stored]) => [name, load(stored)]));
    const of = (moved: tf.Tensor[]) => {
      const {outputs, finalState} = run(
        Object.fromEntries(names.map((name, index) => [name, moved[index]!])) as unknown as LSTMArguments,
      );
      return {outputs, finalHidden: finalState.hidden, finalCell: finalState.cell} as Record<string, tf.Tensor>;
    };
    for (const [name, tensor] of Object.entries(of(leaves))) {
      expectClose(await tensor.data(), (source.results as Record<string, Stored>)[name]!.values, {
        relative: 1e-5,
        absolute: 1e-6,
      });
    }
    const found = tf.grads((...moved: tf.Tensor[]) =>
      tf.addN(Object.entries(of(moved)).map(([name, tensor]) => tf.sum(tf.mul(tensor, weights[name]!)))),
    )(leaves);
    for (const [index, name] of names.entries()) {
      expectClose(await found[index]!.data(), (source.gradients as Record<string, Stored>)[name]!.values, {
        relative: 1e-5,
      });
    }
  });

  test.each(packed.cases)(`$direction, packed sequences: within 1e-5 of ${packed.source}`, async (source) => {
    type Stored = {shape: number[]; values: number[]};
    const load = ({shape, values}: Stored) => tf.tensor(values, shape);
    const names = Object.keys(source.inputs) as (keyof typeof source.inputs)[];
    const leaves = names.map((name) => load(source.inputs[name]));
    const of = (moved: tf.Tensor[]) => {
      const inputs = Object.fromEntries(names.map((name, index) => [name, moved[index]!])) as unknown as LSTMArguments;
      const lengths = tf.tensor1d(source.lengths, 'int32');
      const {outputs, finalState} = run({...inputs, lengths, direction: source.direction as Direction});
      return {outputs, finalHidden: finalState.hidden, finalCell: finalState.cell};
    };
    const parts = ['outputs', 'finalHidden', 'finalCell'] as const;
    const found = of(leaves);
    for (const part of parts) {
      expectClose(await found[part].data(), source.results[part].values, {relative: 1e-5, absolute: 1e-6});
    }
    const slopes = tf.grads((...moved: tf.Tensor[]) => {
      const results = of(moved);
      return tf.addN(parts.map((part) => tf.sum(tf.mul(results[part], load(source.weights[part])))));
    })(leaves);
    for (const [index, name] of names.entries()) {
      expectClose(await slopes[index]!.data(), source.gradients[name].values, {relative: 1e-5});
    }
  });

  test('any shape: results and gradients within 1e-5 of the reference', async () => {
    const sizes = fc.record({
      T: fc.integer({min: 0, max: 6}),
      B: fc.integer({min: 0, max: 9}),
      I: fc.integer({min: 1, max: 12}),
      H: fc.integer({min: 1, max: 18}),
      ids: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({min: 0, max: 1000}), async (size, seed) => {
        const given = values(size, seed);
        const expected = await onReference(() => results(lstmReference, given));
        const actual = await results(run, given);
        for (const part of ['outputs', 'hidden', 'cell'] as const) {
          expectClose(actual[part], expected[part], {relative: 1e-5, absolute: 1e-6});
        }
        if (size.T * size.B === 0) return; // tfjs's own gradients do not run on empty tensors
        const slopes = await onReference(() => gradients(lstmReference, given));
        (await gradients(run, given)).forEach((gradient, index) => {
          expectClose(gradient, slopes[index]!, {relative: 1e-5});
        });
      }),
      {numRuns: 25, seed: 20261123},
    );
  });

  test('T 50, B 64, H 256: results within 1e-5 of the reference', async () => {
    const given = values({T: 50, B: 64, I: 27, H: 256, ids: true}, 3, 0.1);
    await useBackend('wasm'); // on cpu the reference would take seconds
    const expected = await results(lstmReference, given);
    await startBackend(useBackend, backend);
    const actual = await results(run, given);
    for (const part of ['outputs', 'hidden', 'cell'] as const) {
      expectClose(actual[part], expected[part], {relative: 1e-5, absolute: 1e-6});
    }
  });

  test('without an initial state it starts from zeros', async () => {
    const given = values({T: 3, B: 2, I: 4, H: 5});
    const {hidden, cell, ...inputs} = tensors(given);
    const implied = lstm(inputs);
    const zeros = {hidden: tf.zerosLike(hidden), cell: tf.zerosLike(cell)};
    const explicit = lstm({...inputs, initialState: zeros});
    expect(await implied.outputs.data()).toEqual(await explicit.outputs.data());
    expect(await implied.finalState.cell.data()).toEqual(await explicit.finalState.cell.data());
  });

  test('results are the same for tensors that were made on another backend', async () => {
    const given = values({T: 3, B: 2, I: 4, H: 5});
    const expected = await results(run, given);
    await useBackend(backend === 'cpu' ? 'wasm' : 'cpu');
    const inputs = tensors(given);
    await startBackend(useBackend, backend);
    const {outputs} = run(inputs);
    expectClose(await outputs.data(), expected.outputs, {relative: 0, absolute: 0});
    tf.dispose([inputs, outputs] as unknown as tf.TensorContainer);
  });

  test('the same input twice gives the same bits', async () => {
    const given = values({T: 7, B: 5, I: 6, H: 19});
    expect(await results(run, given)).toEqual(await results(run, given));
    expect(await gradients(run, given)).toEqual(await gradients(run, given));
  });

  test('no steps give the initial state back', async () => {
    const given = values({T: 0, B: 2, I: 3, H: 4});
    const {outputs, hidden, cell} = await results(run, given);
    expect(outputs).toHaveLength(0);
    expect(hidden).toEqual(given.hidden);
    expect(cell).toEqual(given.cell);
  });

  test('no steps pass the gradient of the final state to the initial one, and none to the weights', async () => {
    const given = values({T: 0, B: 2, I: 3, H: 4});
    const [kernel, recurrentKernel, bias, hidden, cell] = await gradients(run, given, ['hidden', 'cell']);
    expect([...kernel!, ...recurrentKernel!, ...bias!].every((value) => value === 0)).toBe(true);
    expectClose(hidden!, seededValues(8, 77), {relative: 1e-6});
    expectClose(cell!, seededValues(8, 78), {relative: 1e-6});
  });

  test('an empty batch gives empty results', async () => {
    const {outputs, finalState} = run(tensors(values({T: 3, B: 0, I: 3, H: 4})));
    expect(outputs.shape).toEqual([3, 0, 4]);
    expect(finalState.hidden.shape).toEqual([0, 4]);
  });

  test.each([false, true])('an empty batch, ids %s, gives gradients of zeros', async (ids) => {
    const found = await gradients(run, values({T: 3, B: 0, I: 3, H: 4, ids}));
    expect(found.map((gradient) => gradient.length)).toEqual([48, 64, 16, 0, 0, ...(ids ? [] : [0])]);
    expect(found.every((gradient) => gradient.every((value) => value === 0))).toBe(true);
  });

  test('gates far out saturate, without NaN', async () => {
    const {outputs, cell} = await results(run, values({T: 4, B: 3, I: 5, H: 6}, 1, 200));
    expect([...outputs, ...cell].every(Number.isFinite)).toBe(true);
    expect(Math.max(...outputs.map(Math.abs))).toBeLessThanOrEqual(1);
  });

  test('pre-activations of ±100: results within 1e-5 of the reference, gradients finite', async () => {
    const given = values({T: 3, B: 2, I: 3, H: 5});
    given.bias.forEach((_, at) => {
      given.bias[at] = at % 2 === 0 ? 100 : -100;
    });
    const expected = await onReference(() => results(lstmReference, given));
    const actual = await results(run, given);
    for (const part of ['outputs', 'hidden', 'cell'] as const) {
      expectClose(actual[part], expected[part], {relative: 1e-5, absolute: 1e-6});
    }
    for (const gradient of await gradients(run, given)) expect(gradient.every(Number.isFinite)).toBe(true);
  });

  test('NaN in the input is NaN in the output of its row, and of no other', async () => {
    const given = values({T: 2, B: 2, I: 3, H: 5});
    given.x[0] = Number.NaN; // row 0
    const {hidden} = await results(run, given);
    expect([...hidden.subarray(0, 5)].every(Number.isNaN)).toBe(true);
    expect([...hidden.subarray(5)].every(Number.isFinite)).toBe(true);
  });

  test.each(['kernel', 'recurrentKernel', 'bias', 'hidden', 'cell'] as const)(
    'NaN in %s is NaN in the results and in the gradient of the weights',
    async (name) => {
      const given = values({T: 2, B: 2, I: 3, H: 5});
      given[name][0] = Number.NaN;
      const {outputs} = await results(run, given);
      expect(outputs.some(Number.isNaN)).toBe(true);
      const [kernelGradient] = await gradients(run, given);
      expect(kernelGradient!.some(Number.isNaN)).toBe(true);
    },
  );

  test('an id outside the table is an error that names it, or clamped', async () => {
    const {hidden, cell, x, ...weights} = tensors(values({T: 2, B: 2, I: 3, H: 4, ids: true}));
    for (const bad of [3, -1]) {
      const ids = tf.tensor2d([0, 1, bad, 2], [2, 2], 'int32');
      const attempt = () => lstm({...weights, x: ids, initialState: {hidden, cell}});
      if (clampsIds(backend)) {
        const inside = tf.tensor2d([0, 1, bad < 0 ? 0 : 2, 2], [2, 2], 'int32');
        const expected = lstm({...weights, x: inside, initialState: {hidden, cell}});
        expect(await attempt().outputs.data()).toEqual(await expected.outputs.data());
        continue;
      }
      expect(attempt).toThrow(IdRangeError);
      expect(attempt).toThrow(`id ${bad} at position 2, expected ids from 0 to 2`);
    }
    tf.dispose(x);
  });

  test('shapes and dtypes that do not fit are errors that say what came and what was expected', () => {
    const good = tensors(values({T: 2, B: 3, I: 4, H: 5}));
    const {hidden, cell, ...inputs} = good;
    const attempt = (change: {[Name in keyof LSTMInputs]?: tf.Tensor | LSTMInputs['initialState']}) => () =>
      lstm({...inputs, initialState: {hidden, cell}, ...change} as LSTMInputs);
    expect(attempt({x: tf.zeros([2, 3, 6])})).toThrow(ShapeError);
    expect(attempt({x: tf.zeros([2, 3, 6])})).toThrow(
      'x is float32 [2, 3, 6], expected float32 [T, B, 4] or ids int32 [T, B]',
    );
    expect(attempt({x: tf.zeros([2, 3])})).toThrow(ShapeError);
    expect(attempt({x: tf.zeros([2, 3, 4], 'int32')})).toThrow('x is int32 [2, 3, 4], expected float32 [T, B, 4]');
    expect(attempt({x: tf.zeros([3, 2, 4])})).toThrow('expected float32 [2, 5]'); // batch-major: the state does not fit
    expect(attempt({x: undefined})).toThrow('x is undefined, expected float32 [T, B, 4]');
    expect(attempt({recurrentKernel: undefined})).toThrow('recurrentKernel is undefined, expected float32 [H, 4H]');
    expect(attempt({recurrentKernel: tf.zeros([20])})).toThrow(
      'recurrentKernel is float32 [20], expected float32 [H, 4H]',
    );
    const gone = tf.zeros([20]);
    gone.dispose();
    expect(attempt({bias: gone})).toThrow('bias is a disposed float32 [20], expected float32 [20]');
    expect(attempt({kernel: tf.zeros([4, 16])})).toThrow('kernel is float32 [4, 16], expected float32 [I, 20]');
    expect(attempt({recurrentKernel: tf.zeros([5, 16])})).toThrow(
      'recurrentKernel is float32 [5, 16], expected float32 [5, 20]',
    );
    expect(attempt({bias: tf.zeros([5])})).toThrow('bias is float32 [5], expected float32 [20]');
    expect(attempt({lengths: tf.zeros([3])})).toThrow('lengths is float32 [3], expected int32 [3]');
    expect(attempt({lengths: tf.zeros([2], 'int32')})).toThrow('lengths is int32 [2], expected int32 [3]');
    expect(attempt({candidateMask: tf.zeros([3, 5])})).toThrow('is float32 [3, 5], expected float32 [2, 3, 5]');
    const sideways = {direction: 'sideways' as Direction};
    expect(() => lstm({...inputs, ...sideways})).toThrow('direction is "sideways", expected "forward" or "backward"');
    expect(() => lstm({...inputs, forgetBias: Number.NaN})).toThrow('forgetBias is NaN, expected a finite number');
    expect(attempt({initialState: {hidden: tf.zeros([2, 5]) as tf.Tensor2D, cell}})).toThrow(
      'initialState.hidden is float32 [2, 5], expected float32 [3, 5]',
    );
  });

  test('neither results nor gradients nor errors leave tensors behind', async () => {
    const given = values({T: 3, B: 4, I: 5, H: 6});
    await expectNoLeak(async () => {
      for (let round = 0; round < 20; round++) {
        await results(run, given);
        await gradients(run, given);
      }
      const inputs = tensors({...given, sizes: {...given.sizes}});
      const ids = tf.tensor2d([9], [1, 1], 'int32');
      const attempt = () =>
        lstm({x: ids, kernel: inputs.kernel, recurrentKernel: inputs.recurrentKernel, bias: inputs.bias});
      if (!clampsIds(backend)) expect(attempt).toThrow();
      tf.dispose([inputs, ids] as unknown as tf.TensorContainer);
    });
  });

  test.each(differentiable)('a gradient in %s alone is right and leaves nothing behind', async (name) => {
    const given = values({T: 3, B: 2, I: 4, H: 5});
    const all = await gradients(run, given);
    await expectNoLeak(async () => {
      const inputs = tensors(given);
      const found = tf.grad((moved) => weighted(run({...inputs, [name]: moved}), ['outputs', 'hidden', 'cell']))(
        inputs[name] as tf.Tensor,
      );
      expect(await found.data()).toEqual(all[differentiable.indexOf(name)]);
      tf.dispose([inputs, found] as unknown as tf.TensorContainer);
    });
  });
});
