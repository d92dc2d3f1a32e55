// What `lstm` and `gru` have in common, asked of both on every backend.
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
import {gru} from '../gru/gru';
import {gruCell} from '../gru/gru-cell';
import {gruReference} from '../gru/reference';
import {lstm} from '../lstm/lstm';
import {lstmCell} from '../lstm/lstm-cell';
import {lstmReference} from '../lstm/reference';
import type {Direction, SequenceInputs} from './expect-sequence';

interface Inputs extends SequenceInputs {
  kernel: tf.Tensor2D;
  recurrentKernel: tf.Tensor2D;
  bias: tf.Tensor1D;
  /** Hidden, and for the LSTM cell. */
  states: tf.Tensor2D[];
  /** Of the LSTM. */
  forgetBias?: number;
}

type Step = Pick<Inputs, 'kernel' | 'recurrentKernel' | 'bias' | 'states' | 'forgetBias'> & {
  x: tf.Tensor1D | tf.Tensor2D;
  candidateMask?: tf.Tensor2D;
};

/** An operation behind a face that both have; results are outputs, then the final states. */
interface Operation {
  name: string;
  gates: number;
  states: number;
  /** What only it is given. */
  options: {forgetBias?: fc.Arbitrary<number>};
  run(inputs: Inputs): tf.Tensor[];
  reference(inputs: Inputs): tf.Tensor[];
  /** One step: the states after it. */
  cell(inputs: Step): tf.Tensor2D[];
}

const operations: Operation[] = [
  {
    name: 'lstm',
    gates: 4,
    states: 2,
    options: {forgetBias: fc.double({min: -3, max: 3, noNaN: true})},
    run({states: [hidden, cell], ...inputs}) {
      const {outputs, finalState} = lstm({...inputs, initialState: {hidden: hidden!, cell: cell!}});
      return [outputs, finalState.hidden, finalState.cell];
    },
    reference({states: [hidden, cell], ...inputs}) {
      const {outputs, finalState} = lstmReference({...inputs, hidden: hidden!, cell: cell!});
      return [outputs, finalState.hidden, finalState.cell];
    },
    cell({states: [hidden, cell], ...inputs}) {
      const state = lstmCell({...inputs, state: {hidden: hidden!, cell: cell!}});
      return [state.hidden, state.cell];
    },
  },
  {
    name: 'gru',
    gates: 3,
    states: 1,
    options: {},
    run({states: [hidden], ...inputs}) {
      const {outputs, finalState} = gru({...inputs, initialState: hidden});
      return [outputs, finalState];
    },
    reference({states: [hidden], ...inputs}) {
      const {outputs, finalState} = gruReference({...inputs, hidden: hidden!});
      return [outputs, finalState];
    },
    cell: ({states: [hidden], ...inputs}) => [gruCell({...inputs, state: hidden!})],
  },
];

interface Case {
  T: number;
  B: number;
  I: number;
  H: number;
  ids: boolean;
  lengths?: number[];
  masked: boolean;
  direction: Direction;
  forgetBias?: number;
  seed: number;
}

const plain = {ids: false, masked: false, direction: 'forward' as Direction, seed: 1};

interface Values {
  x: Float32Array | Int32Array;
  kernel: Float32Array;
  recurrentKernel: Float32Array;
  bias: Float32Array;
  states: Float32Array[];
  candidateMask?: Float32Array;
}

function values({gates, states}: Operation, {T, B, I, H, ids, masked, seed}: Case): Values {
  return {
    x: ids ? seededIds(T * B, I, seed) : seededValues(T * B * I, seed),
    kernel: seededValues(I * gates * H, seed + 1, 0.5),
    recurrentKernel: seededValues(H * gates * H, seed + 2, 0.5),
    bias: seededValues(gates * H, seed + 3, 0.5),
    states: Array.from({length: states}, (_, index) => seededValues(B * H, seed + 4 + index)),
    ...(masked && {candidateMask: Float32Array.from(seededIds(T * B * H, 2, seed + 9), (kept) => 2 * kept)}),
  };
}

function tensors({gates}: Operation, {T, B, I, H, ids, lengths, direction, forgetBias}: Case, given: Values): Inputs {
  // Tensors on cpu keep the array they are given: each gets its own.
  return {
    x: ids ? tf.tensor2d(given.x.slice(), [T, B], 'int32') : tf.tensor3d(given.x.slice() as Float32Array, [T, B, I]),
    kernel: tf.tensor2d(given.kernel.slice(), [I, gates * H]),
    recurrentKernel: tf.tensor2d(given.recurrentKernel.slice(), [H, gates * H]),
    bias: tf.tensor1d(given.bias.slice()),
    states: given.states.map((state) => tf.tensor2d(state.slice(), [B, H])),
    direction,
    forgetBias,
    ...(lengths && {lengths: tf.tensor1d(lengths, 'int32')}),
    ...(given.candidateMask && {candidateMask: tf.tensor3d(given.candidateMask.slice(), [T, B, H])}),
  };
}

async function numbers(results: tf.Tensor[]): Promise<Float32Array[]> {
  const read = await Promise.all(results.map(async (result) => (await result.data<'float32'>()).slice()));
  tf.dispose(results);
  return read;
}

async function resultsOf(run: (inputs: Inputs) => tf.Tensor[], inputs: Inputs): Promise<Float32Array[]> {
  const read = await numbers(run(inputs));
  tf.dispose(inputs as unknown as tf.TensorContainer);
  return read;
}

/** The scalar whose gradients are compared: every value of every result with a weight of its own. */
function weighted(results: tf.Tensor[]): tf.Scalar {
  const sums = results.map((result, index) =>
    tf.sum(tf.mul(result, tf.tensor(seededValues(result.size, 77 + index), result.shape))),
  );
  return tf.addN(sums) as tf.Scalar;
}

/** The inputs that have a gradient, in this order: kernel, recurrentKernel, bias, the states, x where it is no ids. */
function leaves({kernel, recurrentKernel, bias, states, x}: Inputs): tf.Tensor[] {
  return [kernel, recurrentKernel, bias, ...states, ...(x.dtype === 'float32' ? [x] : [])];
}

function withLeaves(inputs: Inputs, moved: tf.Tensor[]): Inputs {
  const [kernel, recurrentKernel, bias, ...rest] = moved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, ...tf.Tensor[]];
  const states = rest.slice(0, inputs.states.length) as tf.Tensor2D[];
  return {...inputs, kernel, recurrentKernel, bias, states, x: (rest[states.length] as tf.Tensor3D) ?? inputs.x};
}

async function gradientsOf(run: (inputs: Inputs) => tf.Tensor[], inputs: Inputs): Promise<Float32Array[]> {
  const found = tf.grads((...moved: tf.Tensor[]) => weighted(run(withLeaves(inputs, moved))))(leaves(inputs));
  const read = await numbers(found);
  tf.dispose(inputs as unknown as tf.TensorContainer);
  return read;
}

const anyCaseOf = ({options}: Operation) =>
  fc
    .record({
      T: fc.integer({min: 0, max: 6}),
      B: fc.integer({min: 0, max: 6}),
      I: fc.integer({min: 1, max: 9}),
      H: fc.integer({min: 1, max: 14}),
      ids: fc.boolean(),
      masked: fc.boolean(),
      direction: fc.constantFrom<Direction>('forward', 'backward'),
      seed: fc.integer({min: 0, max: 1000}),
      ...options,
    })
    .chain((sizes) =>
      fc
        .option(fc.array(fc.integer({min: 0, max: sizes.T}), {minLength: sizes.B, maxLength: sizes.B}))
        .map((lengths): Case => ({...sizes, ...(lengths && {lengths})})),
    );

describe.each(operations)('$name', (operation) => {
  const given = (of: Case) => tensors(operation, of, values(operation, of));
  const anyCase = anyCaseOf(operation);

  describe.each(backendsUnderTest)('on %s', (backend) => {
    const relative = backend === 'webgl' ? 1e-3 : 1e-5;
    /** Every shape and option is a shader of its own, which software drivers take seconds to compile. */
    const cases = (numRuns: number) => ({numRuns: clampsIds(backend) ? 10 : numRuns, seed: 20261123});
    const onReference = async <T>(f: () => Promise<T>): Promise<T> => {
      await useBackend('cpu');
      try {
        return await f();
      } finally {
        await startBackend(useBackend, backend);
      }
    };
    const expectAll = (actual: Float32Array[], expected: Float32Array[], absolute?: number) => {
      expect(actual).toHaveLength(expected.length);
      for (const [index, numbers] of actual.entries()) expectClose(numbers, expected[index]!, {relative, absolute});
    };

    beforeAll(async () => {
      await startBackend(useBackend, backend);
    });
    beforeEach(() => expect(tf.getBackend()).toBe(backend.split('-')[0]));

    test(`any shape and options: results and gradients within ${relative} of the reference`, async () => {
      await fc.assert(
        fc.asyncProperty(anyCase, async (any) => {
          const {run, reference} = operation;
          const expected = await onReference(() => resultsOf(reference, given(any)));
          expectAll(await resultsOf(run, given(any)), expected, relative / 10);
          if (any.T * any.B === 0) return; // tfjs's own gradients do not run on empty tensors
          const slopes = await onReference(() => gradientsOf(reference, given(any)));
          expectAll(await gradientsOf(run, given(any)), slopes);
        }),
        cases(40),
      );
    });

    test('as many rows as a kernel takes at once, each of its own length: gradients of the reference', async () => {
      const lengths = Array.from({length: 16}, (_, row) => row % 4);
      const some: Case = {...plain, T: 3, B: 16, I: 8, H: 12, lengths};
      const expected = await onReference(() => gradientsOf(operation.reference, given(some)));
      expectAll(await gradientsOf(operation.run, given(some)), expected);
    });

    test('any sequence in two parts, the state handed over, gives what it gives as one', async () => {
      await fc.assert(
        fc.asyncProperty(anyCase, fc.nat(), async (any, cut) => {
          const {T, B, I, H, direction, lengths} = any;
          const all = values(operation, any);
          const whole = await resultsOf(operation.run, tensors(operation, any, all));
          const at = cut % (T + 1);
          /** Steps [from, to), the state given; a length of a part may be below 0 or above its steps. */
          const part = (from: number, to: number, states: Float32Array[]) => {
            const steps = <Numbers extends Float32Array | Int32Array>(array: Numbers, size: number) =>
              array.slice(from * B * size, to * B * size) as Numbers;
            const some = {...any, T: to - from, lengths: lengths?.map((length) => length - from)};
            const {candidateMask} = all;
            return resultsOf(
              operation.run,
              tensors(operation, some, {
                ...all,
                states,
                x: steps(all.x, any.ids ? 1 : I),
                ...(candidateMask && {candidateMask: steps(candidateMask, H)}),
              }),
            );
          };
          const spans: [number, number][] = [
            [0, at],
            [at, T],
          ];
          if (direction === 'backward') spans.reverse();
          const [firstOutputs, ...states] = await part(...spans[0]!, all.states);
          const [secondOutputs, ...finals] = await part(...spans[1]!, states);
          const outputs = direction === 'forward' ? [firstOutputs!, secondOutputs!] : [secondOutputs!, firstOutputs!];
          expectAll([Float32Array.from(outputs.flatMap((array) => [...array])), ...finals], whole, relative / 10);
        }),
        cases(40),
      );
    });

    test('any lengths give what the shorter sequences give alone', async () => {
      await fc.assert(
        fc.asyncProperty(anyCase, async (any) => {
          const {T, B, I, H, ids} = any;
          const lengths = any.lengths ?? Array.from({length: B}, (_, row) => row % (T + 1));
          const all = values(operation, any);
          const [outputs, ...finals] = await resultsOf(operation.run, tensors(operation, {...any, lengths}, all));
          for (const [row, length] of lengths.entries()) {
            /** This row of [T, B, size], its first `steps` steps. */
            const own = (array: Float32Array | Int32Array, size: number, steps: number) =>
              Array.from({length: steps}, (_, step) => [
                ...array.subarray((step * B + row) * size, (step * B + row + 1) * size),
              ]).flat();
            const only = {...any, T: length, B: 1, lengths: undefined};
            const x = own(all.x, ids ? 1 : I, length);
            const [outputsAlone, ...finalsAlone] = await resultsOf(
              operation.run,
              tensors(operation, only, {
                ...all,
                x: ids ? Int32Array.from(x) : Float32Array.from(x),
                states: all.states.map((state) => Float32Array.from(own(state, H, 1))),
                ...(all.candidateMask && {candidateMask: Float32Array.from(own(all.candidateMask, H, length))}),
              }),
            );
            const padded = new Float32Array(T * H);
            padded.set(outputsAlone!);
            const rows = [own(outputs!, H, T), ...finals.map((state) => own(state, H, 1))];
            expectAll(
              rows.map((row) => Float32Array.from(row)),
              [padded, ...finalsAlone],
              relative / 10,
            );
          }
        }),
        cases(25),
      );
    });

    test(`any steps of the cell, one after another: results and gradients within ${relative} of the reference`, async () => {
      const inCells = ({x, candidateMask, states, kernel, recurrentKernel, bias, forgetBias}: Inputs) => {
        const weights = {kernel, recurrentKernel, bias, forgetBias};
        const outputs: tf.Tensor2D[] = [];
        for (let step = 0; step < x.shape[0]; step++) {
          const at = <One extends tf.Tensor>(steps: tf.Tensor) => tf.squeeze<One>(tf.slice(steps, step, 1), [0]);
          const mask = candidateMask && {candidateMask: at<tf.Tensor2D>(candidateMask)};
          states = operation.cell({...weights, ...mask, x: at<tf.Tensor1D | tf.Tensor2D>(x), states});
          outputs.push(states[0]!);
        }
        return [tf.stack(outputs), ...states];
      };
      await fc.assert(
        fc.asyncProperty(anyCase, async (any) => {
          const {reference} = operation;
          const some: Case = {...any, T: any.T + 1, direction: 'forward', lengths: undefined};
          const expected = await onReference(() => resultsOf(reference, given(some)));
          const found = await resultsOf((inputs) => tf.tidy(() => inCells(inputs)), given(some));
          expectAll(found, expected, relative / 10);
          if (some.B === 0) return; // tfjs's own gradients do not run on empty tensors
          const slopes = await onReference(() => gradientsOf(reference, given(some)));
          expectAll(await gradientsOf(inCells, given(some)), slopes);
        }),
        cases(25),
      );
    });

    test('the same input twice gives the same bits', async () => {
      const some: Case = {...plain, T: 7, B: 5, I: 6, H: 19, masked: true, lengths: [7, 3, 0, 1, 5]};
      const twice = [1, 2].map(() => gradientsOf(operation.run, given(some)));
      expect(await twice[0]).toEqual(await twice[1]);
    });

    test('an empty batch gives empty results and gradients of zeros, no steps the initial state', async () => {
      const empty: Case = {...plain, T: 3, B: 0, I: 3, H: 4, lengths: []};
      expect((await resultsOf(operation.run, given(empty))).every((array) => array.length === 0)).toBe(true);
      const zeros = await gradientsOf(operation.run, given(empty));
      expect(zeros.every((array) => array.every((value) => value === 0))).toBe(true);
      const none: Case = {...plain, T: 0, B: 2, I: 3, H: 4};
      const [, ...finals] = await resultsOf(operation.run, given(none));
      expect(finals).toEqual(values(operation, none).states);
    });

    test('what stands in the padding changes nothing, NaN included', async () => {
      const some: Case = {...plain, T: 3, B: 2, I: 3, H: 5, lengths: [1, 3]};
      const clean = await resultsOf(operation.run, given(some));
      const numbers = values(operation, some);
      numbers.x.fill(Number.NaN, 6, 9); // step 1, row 0
      expect(await resultsOf(operation.run, tensors(operation, some, numbers))).toEqual(clean);
    });

    test('1000 training steps leave nothing behind', async () => {
      const some: Case = {...plain, T: 3, B: 2, I: 3, H: 4, masked: true, lengths: [3, 1], direction: 'backward'};
      const inputs = given(some);
      const step = () =>
        tf.dispose(tf.grads((...moved) => weighted(operation.run(withLeaves(inputs, moved))))(leaves(inputs)));
      step();
      await expectNoLeak(() => {
        for (let round = 0; round < 1000; round++) step();
      });
      tf.dispose(inputs as unknown as tf.TensorContainer);
    });
  });
});
