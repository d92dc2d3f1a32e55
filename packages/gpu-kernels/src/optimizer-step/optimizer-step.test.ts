import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {ShapeError} from '../errors/shape-error';
import fixture from './fixtures/optimizer-steps.json';
import {adagradStep, adamStep, momentumStep, type StepInputs, sgdStep, type UpdateRule} from './optimizer-step';
import {optimizerStepReference} from './reference';

const rules = ['sgd', 'momentum', 'adagrad', 'adam', 'adamw'] as const;

const weightDecay = 0.2;

const variables = (values: (number[] | Float32Array)[], shapes: number[][]) =>
  values.map((each, index) => tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(each), shapes[index]!))));
const filled = (value: number, shapes: number[][]) =>
  shapes.map((shape) => tf.tidy(() => tf.variable(tf.fill(shape, value))));

/** Makes step after step of a rule, with state of its own. */
function stepperOf(kind: (typeof rules)[number], shapes: number[][], learningRate: number, beta2 = 0.999) {
  const [first, second] = [filled(kind === 'adagrad' ? 0.1 : 0, shapes), filled(0, shapes)];
  const step = (inputs: Omit<StepInputs, 'learningRate'>, step: number): tf.Scalar => {
    const all = {...inputs, learningRate};
    switch (kind) {
      case 'sgd':
        return sgdStep(all);
      case 'momentum':
        return momentumStep({...all, decay: 0.9, velocities: first});
      case 'adagrad':
        return adagradStep({...all, epsilon: 1e-7, accumulators: first});
      case 'adam':
      case 'adamw': {
        const moments = {firstMoments: first, secondMoments: second};
        return adamStep({
          ...all,
          ...moments,
          beta1: 0.9,
          beta2,
          epsilon: 1e-8,
          step,
          weightDecay: kind === 'adamw' ? weightDecay : 0,
        });
      }
    }
  };
  const slots = {sgd: [], momentum: first, adagrad: first, adam: [...first, ...second], adamw: [...first, ...second]}[
    kind
  ];
  return {step, slots};
}

describe.each(backendsUnderTest)('optimizer steps on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  afterEach(() => tf.disposeVariables());

  test.each(rules)(`%s: five clipped steps within 1e-5 of ${fixture.source}`, async (kind) => {
    const {shapes, start, gradients, clipNorm, learningRate, runs} = fixture;
    const parameters = variables(start, shapes);
    const {step} = stepperOf(kind, shapes, learningRate);
    for (const [index, expected] of runs[kind].entries()) {
      const given = gradients[index]!.map((values, at) => tf.tensor(values, shapes[at]!));
      const norm = step({parameters, gradients: given, clipNorm}, index + 1);
      expectClose(await norm.data(), [expected.norm], {relative: 1e-5});
      for (const [at, parameter] of parameters.entries()) {
        expectClose(await parameter.data(), expected.parameters[at]!, {relative: 1e-5});
      }
    }
  });

  test.each(rules.flatMap((kind) => [undefined, 2, 100].map((clipNorm) => ({kind, clipNorm}))))(
    '$kind, clipNorm $clipNorm: parameters and state within 1e-5 of the reference for five steps',
    async ({kind, clipNorm}) => {
      const shapes = [[5, 7], [3], [64]];
      const sizes = [35, 3, 64];
      const start = sizes.map((size, index) => seededValues(size, index));
      const adam = {kind: 'adam', learningRate: 0.1, beta1: 0.9, beta2: 0.9999, epsilon: 1e-8} as const;
      const rule = (step: number): UpdateRule =>
        ({
          sgd: {kind: 'sgd', learningRate: 0.1} as const,
          momentum: {kind: 'momentum', learningRate: 0.1, decay: 0.9} as const,
          adagrad: {kind: 'adagrad', learningRate: 0.1, epsilon: 1e-7} as const,
          adam: {...adam, weightDecay: 0, step} as const,
          adamw: {...adam, weightDecay, step} as const,
        })[kind];
      const [ours, theirs] = [variables(start, shapes), variables(start, shapes)];
      const [first, second] = [filled(kind === 'adagrad' ? 0.1 : 0, shapes), filled(0, shapes)];
      const slots = [first, second].slice(0, {sgd: 0, momentum: 1, adagrad: 1, adam: 2, adamw: 2}[kind]);
      const stepper = stepperOf(kind, shapes, 0.1, 0.9999);
      for (let step = 1; step <= 5; step++) {
        const gradients = sizes.map((size, index) => tf.tensor(seededValues(size, 10 * step + index), shapes[index]!));
        const norm = stepper.step({parameters: ours, gradients, clipNorm}, step);
        const expected = optimizerStepReference({parameters: theirs, gradients, slots, rule: rule(step), clipNorm});
        expectClose(await norm.data(), await expected.data(), {relative: 1e-6});
        for (const [index, variable] of [...ours, ...stepper.slots].entries()) {
          expectClose(await variable.data(), await [...theirs, ...slots.flat()][index]!.data(), {relative: 1e-5});
        }
      }
    },
  );

  test('gradients within the norm are not scaled', async () => {
    const parameters = variables([[1, 2]], [[2]]);
    const norm = sgdStep({parameters, gradients: [tf.tensor1d([3, 4])], learningRate: 0.5, clipNorm: 5});
    expect([...(await norm.data())]).toEqual([5]);
    expectClose(await parameters[0]!.data(), [-0.5, 0], {relative: 1e-6});
  });

  test.each(rules.flatMap((kind) => [Number.NaN, Number.POSITIVE_INFINITY].map((value) => [kind, value] as const)))(
    '%s: a gradient of %d changes nothing, and shows in the norm',
    async (kind, value) => {
      const parameters = variables([[1, 2], [3]], [[2], [1]]);
      const {step, slots} = stepperOf(kind, [[2], [1]], 0.1);
      const values = () => Promise.all(slots.map(async (slot) => [...(await slot.data())]));
      const before = await values();
      const norm = step({parameters, gradients: [tf.tensor1d([1, value]), tf.tensor1d([1])], clipNorm: 1}, 1);
      expect(Number.isFinite((await norm.data())[0])).toBe(false);
      expect([...(await parameters[0]!.data())]).toEqual([1, 2]);
      expect([...(await parameters[1]!.data())]).toEqual([3]);
      expect(await values()).toEqual(before);
    },
  );

  test('variables and gradients made on another backend are updated too', async () => {
    await useBackend(backend === 'cpu' ? 'wasm' : 'cpu');
    const parameters = variables([[1, 2]], [[2]]);
    const gradients = [tf.tensor1d([1, 1])];
    await startBackend(useBackend, backend);
    sgdStep({parameters, gradients, learningRate: 1});
    expect([...(await parameters[0]!.data())]).toEqual([0, 1]);
  });

  test('no parameters are no work', async () => {
    const norm = sgdStep({parameters: [], gradients: [], learningRate: 1});
    expect([...(await norm.data())]).toEqual([0]);
    const rule = {kind: 'sgd', learningRate: 1} as const;
    expect([...(await optimizerStepReference({parameters: [], gradients: [], slots: [], rule}).data())]).toEqual([0]);
  });

  test('a norm beyond float32 changes nothing, and is infinite', async () => {
    const parameters = variables([[1, 2]], [[2]]);
    const norm = sgdStep({parameters, gradients: [tf.tensor1d([3e38, 3e38])], learningRate: 1, clipNorm: 1});
    expect([...(await norm.data())]).toEqual([Number.POSITIVE_INFINITY]);
    expect([...(await parameters[0]!.data())]).toEqual([1, 2]);
  });

  test('a step changes the variable itself, and whatever shares its memory', async () => {
    const origin = tf.tensor1d([1, 2]);
    const parameters = [tf.variable(origin)];
    const sharing = tf.reshape(parameters[0]!, [2, 1]);
    const copy = tf.add(origin, 0);
    sgdStep({parameters, gradients: [tf.tensor1d([1, 1])], learningRate: 1});
    for (const each of [parameters[0]!, origin, sharing]) expect([...(await each.data())]).toEqual([0, 1]);
    expect([...(await copy.data())]).toEqual([1, 2]);
  });

  test('a product of tfjs is fresh after its factor was changed in place', async () => {
    const [factor] = variables([[1, 0, 0, 1]], [[2, 2]]) as [tf.Variable];
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...(await tf.matMul(x, factor as tf.Tensor as tf.Tensor2D).data())]).toEqual([1, 2, 3, 4]);
    sgdStep({parameters: [factor], gradients: [tf.tensor2d([-1, 0, 0, -1], [2, 2])], learningRate: 1});
    expect([...(await tf.matMul(x, factor as tf.Tensor as tf.Tensor2D).data())]).toEqual([2, 4, 6, 8]);
  });

  test('what does not fit is an error that says what came and what was expected', () => {
    const parameters = variables([[1, 2]], [[2]]);
    const learningRate = 1;
    expect(() => sgdStep({parameters, gradients: [], learningRate})).toThrow('0 gradients for 1 parameters');
    expect(() => sgdStep({parameters, gradients: [tf.zeros([3])], learningRate})).toThrow(ShapeError);
    expect(() => sgdStep({parameters, gradients: [tf.zeros([3])], learningRate})).toThrow(
      'gradients[0] is float32 [3], expected float32 [2]',
    );
    expect(() => sgdStep({parameters, gradients: [tf.zeros([2], 'int32')], learningRate})).toThrow(
      'gradients[0] is int32 [2], expected float32 [2]',
    );
    expect(() =>
      momentumStep({parameters, gradients: [tf.zeros([2])], learningRate, decay: 0.9, velocities: []}),
    ).toThrow('0 state for 1 parameters');
    const integers = [tf.variable(tf.zeros([2], 'int32'))];
    expect(() => sgdStep({parameters: integers, gradients: [tf.zeros([2])], learningRate})).toThrow(
      'parameters[0] is int32 [2], expected float32 [2]',
    );
    for (const clipNorm of [0, -1, Number.NaN]) {
      expect(() => sgdStep({parameters, gradients: [tf.zeros([2])], learningRate, clipNorm})).toThrow(RangeError);
    }
  });

  test('nothing is left behind', async () => {
    const parameters = variables([[1, 2]], [[2]]);
    const steps = rules.map((kind) => stepperOf(kind, [[2]], 0.1).step);
    await expectNoLeak(() => {
      for (let round = 1; round <= 20; round++) {
        const gradients = [tf.tensor1d([1, 2])];
        for (const step of steps) step({parameters, gradients, clipNorm: 1}, round).dispose();
        tf.dispose(gradients);
      }
    });
  });
});
