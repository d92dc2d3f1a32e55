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
import fc from 'fast-check';
import {beforeAll, describe, expect, test} from 'vitest';
import type {AttentionKind} from '../attention/attention';
import {useBackend} from '../backends/use-backend';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import {
  type AttentionLSTMInputs,
  type AttentionLSTMResult,
  type AttentionLSTMTensors,
  attentionLSTM,
} from './attention-lstm';
import fixture from './fixtures/attention-lstm.json';
import {attentionLSTMReference} from './reference';

interface Case {
  T: number;
  B: number;
  I: number;
  H: number;
  S: number;
  /** The size of the keys; that of the hidden state, and no `queryKernel`, where absent. */
  D?: number;
  E: number;
  kind: AttentionKind;
  ids?: boolean;
  lengths?: number[];
  forgetBias?: number;
  seed?: number;
}

type Tensors = AttentionLSTMTensors & {[name: string]: tf.Tensor};

/** The inputs of a case; all but `x` where it is ids, and `lengths`, have a gradient. */
function tensorsOf({T, B, I, H, S, D, E, kind, ids, lengths, seed = 1}: Case): Tensors {
  const shapes: Record<string, number[]> = {
    ...(!ids && {x: [T, B, I]}),
    ...{kernel: [I, 4 * H], contextKernel: [E, 4 * H], recurrentKernel: [H, 4 * H], bias: [4 * H]},
    ...{keys: [S, B, D ?? H], values: [S, B, E], hidden: [B, H], cell: [B, H], context: [B, E]},
    ...(D && {queryKernel: [H, D]}),
    ...(kind === 'additive' && {scoreVector: [D ?? H]}),
  };
  const small = ['kernel', 'contextKernel', 'recurrentKernel', 'bias'];
  const made = Object.entries(shapes).map(([name, shape], index) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return [name, tf.tensor(seededValues(size, seed + index, small.includes(name) ? 0.5 : 1), shape)] as const;
  });
  return {
    ...(ids && {x: tf.tensor2d(seededIds(T * B, I, seed), [T, B], 'int32')}),
    ...Object.fromEntries(made),
    ...(lengths && {lengths: tf.tensor1d(lengths, 'int32')}),
  } as unknown as Tensors;
}

type Options = Pick<AttentionLSTMInputs, 'kind' | 'scale' | 'forgetBias'>;
type Implementation = (tensors: Tensors, options: Options) => AttentionLSTMResult;

const operation: Implementation = ({hidden, cell, context, ...tensors}, {kind, scale, forgetBias}) =>
  attentionLSTM({...tensors, kind, scale, forgetBias, initialState: {hidden, cell, context}});

const reference: Implementation = (tensors, {kind, scale, forgetBias = 0}) =>
  attentionLSTMReference(tensors, {kind, scale: scale ?? 1 / Math.sqrt(tensors.keys.shape[2]), forgetBias});

const flat = ({outputs, contexts, weights, finalState}: AttentionLSTMResult) => ({
  ...{outputs, contexts, weights},
  ...finalState,
});

type Part = keyof ReturnType<typeof flat>;
const everyPart: Part[] = ['outputs', 'contexts', 'weights', 'hidden', 'cell', 'context'];

/** A scalar that depends on the named results, each number with a weight of its own. */
function weighted(result: AttentionLSTMResult, parts: Part[] = everyPart): tf.Scalar {
  const all = flat(result);
  const sums = parts.map((part, index) =>
    tf.sum(tf.mul(all[part], tf.tensor(seededValues(all[part].size, 77 + index), all[part].shape))),
  );
  return tf.addN(sums) as tf.Scalar;
}

const differentiable = (tensors: Tensors) =>
  Object.keys(tensors).filter((name) => tensors[name]!.dtype === 'float32' && name !== 'lengths');

async function numbers(tensors: tf.Tensor[]): Promise<Float32Array[]> {
  const read = await Promise.all(tensors.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
  tf.dispose(tensors);
  return read;
}

/** All results, then the gradients of all inputs that have one, by way of `parts`. */
async function everything(run: Implementation, given: Case, parts?: Part[]): Promise<Float32Array[]> {
  const tensors = tensorsOf(given);
  const results = await numbers(Object.values(flat(run(tensors, given))));
  const names = differentiable(tensors);
  const slopes = tf.grads((...moved: tf.Tensor[]) =>
    weighted(run({...tensors, ...Object.fromEntries(names.map((name, index) => [name, moved[index]!]))}, given), parts),
  )(names.map((name) => tensors[name]!));
  const read = await numbers(slopes);
  tf.dispose(tensors as tf.TensorContainer);
  return [...results, ...read];
}

const cases: Case[] = [
  {T: 1, B: 1, I: 1, H: 1, S: 1, E: 1, kind: 'dot'},
  {T: 1, B: 1, I: 6, H: 8, S: 7, D: 4, E: 8, kind: 'additive', ids: true},
  {T: 4, B: 3, I: 5, H: 4, S: 6, D: 8, E: 7, kind: 'additive', lengths: [6, 0, 2]},
  {T: 3, B: 5, I: 9, H: 13, S: 11, E: 6, kind: 'dot', lengths: [99, 1, -1, 3, 11]},
  {T: 5, B: 2, I: 27, H: 7, S: 5, D: 3, E: 5, kind: 'dot', ids: true, forgetBias: 1},
  {T: 3, B: 17, I: 8, H: 12, S: 9, E: 16, kind: 'additive', lengths: Array.from({length: 17}, (_, row) => row % 10)},
  {T: 2, B: 33, I: 6, H: 20, S: 21, D: 18, E: 24, kind: 'additive'},
];

describe.each(backendsUnderTest)('attentionLSTM on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  const agrees = async (given: Case, parts?: Part[]) => {
    await useBackend('cpu');
    const expected = await everything(reference, given, parts);
    await startBackend(useBackend, backend);
    const actual = await everything(operation, given, parts);
    expect(actual).toHaveLength(expected.length);
    for (const [index, part] of actual.entries()) {
      const largest = expected[index]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expectClose(part, expected[index]!, {relative, absolute: (relative / 10) * Math.max(1, largest)});
    }
  };

  test.each(cases)(`%o: results and gradients within ${relative} of the reference`, (given) => agrees(given));

  test(`any shape and options: results and gradients within ${relative} of the reference`, async () => {
    const few = (most: number) => fc.integer({min: 1, max: most});
    const any = fc
      .record({
        ...{T: few(5), B: few(7), I: few(9), H: few(14), S: few(9), E: few(9), ids: fc.boolean(), seed: fc.nat(1000)},
        ...{D: fc.option(few(9), {nil: undefined}), kind: fc.constantFrom<AttentionKind>('dot', 'additive')},
      })
      .chain((sizes) =>
        fc
          .option(fc.array(fc.integer({min: 0, max: sizes.S}), {minLength: sizes.B, maxLength: sizes.B}))
          .map((lengths): Case => ({...sizes, ...(lengths && {lengths})})),
      );
    await fc.assert(
      fc.asyncProperty(any, (given) => agrees(given)),
      {numRuns: backend === 'webgl' || backend === 'webgpu' ? 8 : 25, seed: 20261125},
    );
  });

  test.each(everyPart)(`gradients through %s alone within ${relative} of the reference`, (part) =>
    agrees({T: 3, B: 3, I: 4, H: 5, S: 4, D: 6, E: 5, kind: 'additive', lengths: [4, 1, 3]}, [part]),
  );

  test.each(fixture.cases)(`$kind, lengths $lengths: within 1e-5 of ${fixture.source}`, async (source) => {
    type Stored = {shape: number[]; values: number[]};
    const load = ({shape, values}: Stored) => tf.tensor(values, shape);
    const inputs = source.inputs as unknown as Record<string, Stored>;
    const names = Object.keys(inputs);
    const leaves = names.map((name) => load(inputs[name]!));
    const lengths = tf.tensor1d(source.lengths, 'int32');
    const run = (moved: tf.Tensor[]) =>
      flat(
        operation(
          {...(Object.fromEntries(names.map((name, index) => [name, moved[index]!])) as Tensors), lengths},
          {kind: source.kind as AttentionKind},
        ),
      );
    const results = run(leaves);
    for (const part of everyPart) {
      expectClose(await results[part].data(), source.results[part].values, {relative: 1e-5, absolute: 1e-6});
    }
    const slopes = tf.grads((...moved: tf.Tensor[]) => {
      const parts = run(moved);
      return tf.addN(everyPart.map((part) => tf.sum(tf.mul(parts[part], load(source.upstream[part])))));
    })(leaves);
    for (const [index, name] of names.entries()) {
      const wanted = (source.gradients as unknown as Record<string, Stored>)[name]!.values;
      expectClose(await slopes[index]!.data(), wanted, {relative: 1e-5, absolute: 2e-6});
    }
  });

  test.each<Case>([
    {T: 2, B: 3, I: 3, H: 4, S: 4, D: 3, E: 2, kind: 'additive', lengths: [4, 0, 2]},
    {T: 3, B: 2, I: 3, H: 3, S: 3, E: 4, kind: 'dot', ids: true, forgetBias: 1},
  ])('%o: gradient within 2e-5 of finite differences', async (given) => {
    const tensors = tensorsOf(given);
    const names = differentiable(tensors);
    const at = await Promise.all(
      names.map(async (name) => ({
        shape: tensors[name]!.shape,
        values: (await tensors[name]!.data<'float32'>()).slice(),
      })),
    );
    const f = (...moved: tf.Tensor[]) =>
      tf.tidy(() => {
        const replaced = Object.fromEntries(names.map((name, index) => [name, moved[index]!]));
        return weighted(operation({...tensors, ...replaced}, given));
      });
    await checkGradient(f, at);
  });

  test('step by step, the state handed on, it gives what it gives at once', async () => {
    const given: Case = {T: 4, B: 3, I: 5, H: 6, S: 4, D: 3, E: 5, kind: 'additive', lengths: [4, 2, 3]};
    const {hidden, cell, context, x, ...tensors} = tensorsOf(given);
    const whole = operation({hidden, cell, context, x, ...tensors}, given);
    let state = {hidden, cell, context};
    const outputs: number[] = [];
    const weights: number[] = [];
    for (let step = 0; step < given.T; step++) {
      const input = tf.slice(x as tf.Tensor, step, 1) as tf.Tensor3D;
      const one = attentionLSTM({...tensors, kind: 'additive', x: input, initialState: state});
      outputs.push(...(await one.outputs.data()));
      weights.push(...(await one.weights.data()));
      state = one.finalState;
    }
    const close = {relative: 1e-6, absolute: 1e-6};
    expectClose(outputs, await whole.outputs.data(), close);
    expectClose(weights, await whole.weights.data(), close);
    for (const part of ['hidden', 'cell', 'context'] as const) {
      expectClose(await state[part].data(), await whole.finalState[part].data(), close);
    }
  });

  test('what is left out of the initial state is zeros', async () => {
    const given: Case = {T: 2, B: 2, I: 3, H: 4, S: 3, E: 5, kind: 'dot'};
    const {hidden, cell, context, ...tensors} = tensorsOf(given);
    const zeros = {hidden: tf.zerosLike(hidden), cell: tf.zerosLike(cell), context: tf.zerosLike(context)};
    const implied = attentionLSTM({...tensors, kind: 'dot'});
    expect(await implied.contexts.data()).toEqual(await operation({...tensors, ...zeros}, given).contexts.data());
    const fromEncoder = attentionLSTM({...tensors, kind: 'dot', initialState: {hidden, cell}});
    const explicit = operation({...tensors, hidden, cell, context: zeros.context}, given);
    expect(await fromEncoder.outputs.data()).toEqual(await explicit.outputs.data());
  });

  test('no steps give the initial state back; no sequences, nothing, without an error', async () => {
    const given: Case = {T: 0, B: 2, I: 3, H: 4, S: 3, D: 2, E: 5, kind: 'additive'};
    const tensors = tensorsOf(given);
    const {outputs, contexts, weights, finalState} = operation(tensors, given);
    expect([outputs.shape, contexts.shape, weights.shape]).toEqual([
      [0, 2, 4],
      [0, 2, 5],
      [0, 2, 3],
    ]);
    for (const part of ['hidden', 'cell', 'context'] as const) {
      expect(await finalState[part].data()).toEqual(await tensors[part].data());
    }
    const empty = flat(operation(tensorsOf({...given, T: 2, B: 0}), given));
    expect(everyPart.map((part) => empty[part].size)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('NaN in one sequence stays in it', async () => {
    const given: Case = {T: 2, B: 5, I: 3, H: 4, S: 3, D: 6, E: 4, kind: 'additive'};
    const tensors = tensorsOf(given);
    const x = (await tensors.x.data()).slice() as Float32Array;
    x[0] = Number.NaN;
    const spoilt = {...tensors, x: tf.tensor3d(x, [2, 5, 3])};
    const {outputs, contexts, weights} = operation(spoilt, given);
    for (const result of [outputs, contexts, weights]) {
      const rows = ((await result.array()) as number[][][]).map((step) => step.map((row) => row.every(Number.isNaN)));
      for (const step of rows) expect(step).toEqual([true, false, false, false, false]);
    }
  });

  test('the same input twice gives the same bits', async () => {
    const given: Case = {T: 5, B: 5, I: 6, H: 19, S: 7, D: 10, E: 9, kind: 'additive'};
    expect(await everything(operation, given)).toEqual(await everything(operation, given));
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const given: Case = {T: 2, B: 2, I: 3, H: 4, S: 3, D: 2, E: 5, kind: 'additive'};
    const {hidden, cell, context, ...tensors} = tensorsOf(given);
    const initialState = {hidden, cell, context};
    const wrong = (changes: object) => () =>
      attentionLSTM({...tensors, kind: 'additive', initialState, ...changes} as AttentionLSTMInputs);
    expect(wrong({kind: 'general'})).toThrow(`attentionLSTM: kind is "general", expected 'dot' or 'additive'`);
    expect(wrong({x: tf.zeros([2, 2, 4])})).toThrow('x is float32 [2, 2, 4], expected float32 [T, B, 3] or ids');
    expect(wrong({keys: tf.zeros([3, 1, 2])})).toThrow('keys is float32 [3, 1, 2], expected float32 [S, 2, D]');
    expect(wrong({contextKernel: tf.zeros([4, 16])})).toThrow(
      'contextKernel is float32 [4, 16], expected float32 [5, 16]',
    );
    expect(wrong({queryKernel: tf.zeros([4, 3])})).toThrow('queryKernel is float32 [4, 3], expected float32 [4, 2]');
    expect(wrong({queryKernel: undefined})).toThrow('keys is float32 [3, 2, 2], expected float32 [S, 2, 4]');
    expect(wrong({scoreVector: undefined})).toThrow('scoreVector is undefined, expected float32 [2]');
    expect(wrong({lengths: tf.zeros([3], 'int32')})).toThrow('lengths is int32 [3], expected int32 [2]');
    expect(wrong({initialState: {hidden, cell: context}})).toThrow(ShapeError);
    expect(wrong({initialState: {hidden, cell, context: hidden}})).toThrow(
      'initialState.context is float32 [2, 4], expected float32 [2, 5]',
    );
    expect(wrong({initialState: {hidden}})).toThrow('initialState.cell is undefined, expected float32 [2, 4]');
    expect(wrong({forgetBias: Number.NaN})).toThrow('forgetBias is NaN, expected a finite number');
  });

  if (!clampsIds(backend)) {
    test('an id outside the kernel is an error', () => {
      const tensors = tensorsOf({T: 2, B: 2, I: 3, H: 4, S: 3, E: 5, kind: 'dot', ids: true});
      const x = tf.tensor2d([0, 1, 3, 2], [2, 2], 'int32');
      expect(() => operation({...tensors, x}, {kind: 'dot'})).toThrow(IdRangeError);
    });
  }

  test('nothing is left behind', async () => {
    await expectNoLeak(async () => {
      for (const given of cases.slice(0, 4)) await everything(operation, given);
    });
  });
});
