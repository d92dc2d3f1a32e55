import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import type {SparseRows} from '../embedding/sparse-rows';
import {IdRangeError} from '../errors/id-range-error';
import {ShapeError} from '../errors/shape-error';
import fixture from './fixtures/row-steps.json';
import {adagradStep, adamStep, momentumStep, type OptimizerStep, sgdStep, type UpdateRule} from './optimizer-step';
import {optimizerStepReference} from './reference';

const published = ['sgd', 'momentum', 'adagrad', 'adam'] as const;
const rules = [...published, 'adamw'] as const;
type Kind = (typeof rules)[number];

const variableOf = (values: ArrayLike<number>, shape: number[]) =>
  tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), shape)));
const rowsOf = (ids: number[], values: ArrayLike<number>, width: number): SparseRows => ({
  ids: tf.tensor1d(ids, 'int32'),
  values: tf.tensor2d(Float32Array.from(values), [ids.length, width]),
});
const slotCount: Record<Kind, number> = {sgd: 0, momentum: 1, adagrad: 1, adam: 2, adamw: 2};
const slotsOf = (kind: Kind, shapes: number[][]) =>
  Array.from({length: slotCount[kind]}, () =>
    shapes.map((shape) => tf.tidy(() => tf.variable(tf.fill(shape, kind === 'adagrad' ? 0.1 : 0)))),
  );
const adamOf = (learningRate: number, epsilon: number, step: number) =>
  ({kind: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon, step}) as const;
const ruleOf = (kind: Kind, learningRate: number, epsilon: number, step: number): UpdateRule =>
  ({
    sgd: {kind: 'sgd', learningRate} as const,
    momentum: {kind: 'momentum', learningRate, decay: 0.9} as const,
    adagrad: {kind: 'adagrad', learningRate, epsilon} as const,
    adam: {...adamOf(learningRate, epsilon, step), weightDecay: 0},
    adamw: {...adamOf(learningRate, epsilon, step), weightDecay: 0.2},
  })[kind];

/** The public step of a rule. */
function take({rule, slots, ...inputs}: OptimizerStep): tf.Scalar {
  const [first = [], second = []] = slots;
  switch (rule.kind) {
    case 'sgd':
      return sgdStep({...inputs, ...rule});
    case 'momentum':
      return momentumStep({...inputs, ...rule, velocities: first});
    case 'adagrad':
      return adagradStep({...inputs, ...rule, accumulators: first});
    case 'adam':
      return adamStep({...inputs, ...rule, firstMoments: first, secondMoments: second});
  }
}

describe.each(backendsUnderTest)('optimizer steps of rows on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  afterEach(() => tf.disposeVariables());

  test.each(published)(`%s: five clipped steps within 1e-5 of ${fixture.source}`, async (kind) => {
    const {shape, start, clipNorm, learningRate, epsilon} = fixture;
    const parameters = [variableOf(start, shape)];
    const slots = slotsOf(kind, [shape]);
    for (const [index, expected] of fixture.runs[kind].entries()) {
      const gradients = [rowsOf(fixture.ids[index]!, fixture.values[index]!, shape[1]!)];
      const rule = ruleOf(kind, learningRate, epsilon, index + 1);
      const norm = take({parameters, gradients, slots, rule, clipNorm});
      expectClose(await norm.data(), [fixture.norms[index]!], {relative: 1e-5});
      expectClose(await parameters[0]!.data(), expected, {relative: 1e-5});
    }
  });

  test.each(rules)('%s: rows and dense gradients, any number and shape, within 1e-5 of the reference', async (kind) => {
    const size = fc.integer({min: 1, max: 9});
    const table = fc.tuple(size, size).chain(([rows, width]) =>
      fc.record({
        shape: fc.constant([rows, width] as number[]),
        ids: fc.uniqueArray(fc.integer({min: 0, max: rows - 1})),
        gaps: fc.nat({max: 2}),
      }),
    );
    const tables = fc.array(table, {maxLength: 2});
    const dense = fc.array(fc.array(size, {maxLength: 3}), {maxLength: 4});
    const property = fc.asyncProperty(tables, dense, fc.boolean(), async (tables, dense, clipped) => {
      const shapes: number[][] = [...tables.map(({shape}) => shape), ...dense];
      const valuesOf = (shape: number[], seed: number) =>
        seededValues(
          shape.reduce((product, length) => product * length, 1),
          seed,
        );
      const gradients = shapes.map((shape, index) => {
        if (!tables[index]) return tf.tensor(valuesOf(shape, index), shape);
        const {ids, gaps} = tables[index];
        const width = shape[1]!;
        const listed = [...ids, ...Array.from({length: gaps}, () => -1)];
        return rowsOf(listed, [...valuesOf([ids.length, width], index), ...new Float32Array(gaps * width)], width);
      });
      const rule = ruleOf(kind, 0.1, 1e-7, 3);
      const run = async (step: (inputs: OptimizerStep) => tf.Scalar) => {
        const parameters = shapes.map((shape, index) => variableOf(valuesOf(shape, index + 10), shape));
        const slots = slotsOf(kind, shapes);
        const norm = step({parameters, gradients, slots, rule, ...(clipped && {clipNorm: 0.5})});
        return Promise.all([norm, ...parameters, ...slots.flat()].map(async (each) => (await each.data()).slice()));
      };
      const [actual, expected] = [await run(take), await run(optimizerStepReference)];
      // A number of about 1 and its step may all but cancel; what was rounded then is a number of about 1.
      actual.forEach((part, index) => {
        expectClose(part, expected[index]!, {relative: 1e-5, absolute: 2 ** -23});
      });
      tf.dispose(gradients);
    });
    await fc.assert(property, {numRuns: 25, seed: 1});
  });

  test.each(rules)('%s: rows without a gradient keep their bits, in the state too', async (kind) => {
    const shape = [5, 3];
    const parameters = [variableOf(seededValues(15, 1), shape)];
    const slots = slotsOf(kind, [shape]);
    const all = () => Promise.all([...parameters, ...slots.flat()].map(async (each) => [...(await each.data())]));
    const rule = ruleOf(kind, 0.1, 1e-7, 1);
    take({parameters, gradients: [tf.tensor2d(seededValues(15, 2), [5, 3])], slots, rule}).dispose();
    const before = await all();
    take({parameters, gradients: [rowsOf([4, 1], seededValues(6, 3), 3)], slots, rule}).dispose();
    const after = await all();
    after.forEach((values, part) => {
      values.forEach((value, index) => {
        const row = Math.floor(index / 3);
        if (row === 1 || row === 4) expect(value).not.toBe(before[part]![index]);
        else expect(value).toBe(before[part]![index]);
      });
    });
  });

  test.each(published.flatMap((kind) => [Number.NaN, Number.POSITIVE_INFINITY].map((value) => [kind, value] as const)))(
    '%s: a row of %d changes nothing, and shows in the norm',
    async (kind, value) => {
      const parameters = [variableOf([1, 2, 3], [3, 1]), variableOf([4], [1])];
      const slots = slotsOf(kind, [[3, 1], [1]]);
      const state = () => Promise.all([...parameters, ...slots.flat()].map(async (each) => [...(await each.data())]));
      const before = await state();
      const gradients = [rowsOf([2, 0], [1, value], 1), tf.tensor1d([1])];
      const norm = take({parameters, gradients, slots, rule: ruleOf(kind, 1, 1e-7, 1), clipNorm: 1});
      expect(Number.isFinite((await norm.data())[0])).toBe(false);
      expect(await state()).toEqual(before);
    },
  );

  test('adagrad: nor does it where accumulators and epsilon are 0', async () => {
    const [parameters, accumulators] = [[variableOf([1, 2, 3], [3, 1])], [variableOf([0, 0, 0], [3, 1])]];
    const gradients = [rowsOf([2, 0], [1, Number.NaN], 1)];
    adagradStep({parameters, gradients, accumulators, learningRate: 1, epsilon: 0}).dispose();
    expect([...(await parameters[0]!.data())]).toEqual([1, 2, 3]);
    expect([...(await accumulators[0]!.data())]).toEqual([0, 0, 0]);
  });

  test('an id outside the table is an error, or passed over where ids cannot be read', async () => {
    for (const id of [3, -2]) {
      const parameters = [variableOf([1, 2, 3], [3, 1])];
      const step = () => sgdStep({parameters, gradients: [rowsOf([1, id], [1, 1], 1)], learningRate: 1});
      if (['webgpu', 'webgl'].includes(backend)) {
        step();
        expect([...(await parameters[0]!.data())]).toEqual([1, 1, 3]);
      } else {
        expect(step).toThrow(IdRangeError);
        expect(step).toThrow(`sgdStep: gradients[0].ids has id ${id} at position 1, expected ids from 0 to 2`);
        expect([...(await parameters[0]!.data())]).toEqual([1, 2, 3]);
      }
    }
  });

  test('rows that do not fit are an error that says what came and what was expected', () => {
    const step = (rows: SparseRows, shape = [3, 2]) =>
      sgdStep({parameters: [tf.variable(tf.zeros(shape))], gradients: [rows], learningRate: 1});
    const attempts: [SparseRows, string, number[]?][] = [
      [{ids: tf.tensor1d([1]), values: tf.zeros([1, 2])}, 'gradients[0].ids is float32 [1], expected int32 [N]'],
      [rowsOf([1], [1, 2, 3], 3), 'gradients[0].values is float32 [1, 3], expected float32 [1, 2]'],
      [
        {ids: tf.tensor1d([1], 'int32'), values: tf.zeros([2, 2])},
        'gradients[0].values is float32 [2, 2], expected float32 [1, 2]',
      ],
      [rowsOf([1], [1], 1), 'gradients[0] is rows of a table, expected float32 []', []],
    ];
    for (const [rows, message, shape] of attempts) {
      expect(() => step(rows, shape)).toThrow(ShapeError);
      expect(() => step(rows, shape)).toThrow(message);
    }
  });

  test('nothing is left behind', async () => {
    const parameters = [variableOf(seededValues(15, 1), [5, 3])];
    const slots = rules.map((kind) => slotsOf(kind, [[5, 3]]));
    await expectNoLeak(() => {
      for (let round = 1; round <= 20; round++) {
        const gradient = rowsOf([4, 1], seededValues(6, 3), 3);
        for (const [index, kind] of rules.entries()) {
          const rule = ruleOf(kind, 0.1, 1e-7, round);
          take({parameters, gradients: [gradient], slots: slots[index]!, rule, clipNorm: 1}).dispose();
        }
        tf.dispose(gradient);
      }
    });
  });
});
