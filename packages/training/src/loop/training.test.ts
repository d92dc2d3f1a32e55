import {embeddingLookup, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {restoreTensors, storeTensors} from '../checkpoint/stored-tensors';
import {CheckpointError} from '../errors/checkpoint-error';
import {NonFiniteError} from '../errors/non-finite-error';
import type {OptimizerSettings} from '../optimizer/optimizer';
import {plateauDecay} from '../schedule/plateau-decay';
import {type Batches, type Trainable, Training, type TrainingOptions} from './training';
import type {TrainingEvent} from './training-event';

/** Fits a line to points: y = slope x + offset. */
class Line implements Trainable<[number, number]> {
  readonly parameters = {
    slope: tf.tidy(() => tf.variable(tf.scalar(0))),
    offset: tf.tidy(() => tf.variable(tf.scalar(0))),
  };
  loss([x, y]: [number, number]): tf.Scalar {
    return tf.square(tf.sub(tf.add(tf.mul(this.parameters.slope, x), this.parameters.offset), y)) as tf.Scalar;
  }
  async checkpoint() {
    return {kind: 'line', state: {}, tensors: await storeTensors('parameters', this.parameters)};
  }
  async values(): Promise<number[]> {
    return [(await this.parameters.slope.data())[0]!, (await this.parameters.offset.data())[0]!];
  }
  dispose(): void {
    tf.dispose(this.parameters);
  }
}

/** Points on y = 2x - 1, one after the other. */
class Points implements Batches<[number, number]> {
  position = 0;
  constructor(readonly broken = Number.POSITIVE_INFINITY) {}
  next(): [number, number] {
    const x = (this.position % 7) / 3 - 1;
    const y = this.position === this.broken ? Number.NaN : 2 * x - 1;
    this.position += 1;
    return [x, y];
  }
  state() {
    return {position: this.position};
  }
  restore({position}: {position?: unknown}): void {
    this.position = position as number;
  }
}

/** Learns a number for each id, as the sum of that id's row of a table and an offset; never asked for the last id. */
class Numbers implements Trainable<[number, number]> {
  readonly parameters = {
    table: tf.tidy(() => tf.variable(tf.tensor2d(seededValues(24, 1), [8, 3]))),
    offset: tf.tidy(() => tf.variable(tf.scalar(0))),
  };
  loss([id]: [number, number]): tf.Scalar {
    const {table, offset} = this.parameters;
    const ids = tf.tensor1d([id, id], 'int32');
    const sums = tf.sum(embeddingLookup({table: table as tf.Tensor as tf.Tensor2D, ids}), 1);
    return tf.mean(tf.square(tf.sub(tf.add(sums, offset), id / 7))) as tf.Scalar;
  }
  async checkpoint() {
    return {kind: 'numbers', state: {}, tensors: await storeTensors('parameters', this.parameters)};
  }
  async table(): Promise<number[]> {
    return [...(await this.parameters.table.data())];
  }
  dispose(): void {
    tf.dispose(this.parameters);
  }
}

/** The ids 0 to 6, one after the other. */
class Ids extends Points {
  override next(): [number, number] {
    const [, y] = super.next();
    return [(this.position - 1) % 7, y];
  }
}

const sgd: OptimizerSettings = {kind: 'sgd', learningRate: 0.1};

async function all(training: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of training) events.push(event);
  return events;
}

describe.each(backendsUnderTest)('training on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  const settings: OptimizerSettings[] = [
    sgd,
    {kind: 'momentum', learningRate: 0.02},
    {kind: 'adagrad', learningRate: 0.5},
    {kind: 'adam', learningRate: 0.05},
    {kind: 'adamw', learningRate: 0.05},
  ];

  test.each(settings)('$kind finds the line', async (optimizer) => {
    const line = new Line();
    await all(new Training(line, new Points(), {steps: 600, optimizer}));
    const [slope, offset] = await line.values();
    expect(slope).toBeCloseTo(2, 1);
    expect(offset).toBeCloseTo(-1, 1);
    line.dispose();
  });

  test('tells of every step, reports when asked, and stops', async () => {
    const line = new Line();
    const validate = async () => ({loss: 1, perplexity: Math.E, bitsPerSymbol: 1 / Math.LN2, symbols: 3});
    const events = await all(new Training(line, new Points(), {steps: 6, optimizer: sgd, reportEvery: 4, validate}));
    expect(events.map(({kind, step}) => `${kind} ${step}`)).toEqual([
      'step 0',
      'report 0',
      'step 1',
      'step 2',
      'step 3',
      'step 4',
      'report 4',
      'step 5',
      'report 5',
      'stopped 6',
    ]);
    const steps = events.filter((event) => event.kind === 'step');
    const reports = events.filter((event) => event.kind === 'report');
    expect(reports[1]!.loss).toBeCloseTo((steps[1]!.loss + steps[2]!.loss + steps[3]!.loss + steps[4]!.loss) / 4, 6);
    expect(reports[1]!.validation?.symbols).toBe(3);
    line.dispose();
  });

  test('clips by the norm of all gradients together', async () => {
    const line = new Line();
    await all(new Training(line, new Points(), {steps: 1, optimizer: {kind: 'sgd', learningRate: 1}, clipNorm: 0.5}));
    expect(Math.hypot(...(await line.values()))).toBeCloseTo(0.5, 5);
    line.dispose();
  });

  test.each(settings)('$kind: stopped and resumed, it ends with the same bits', async (optimizer) => {
    const options: TrainingOptions = {steps: 40, optimizer, clipNorm: 1, reportEvery: 10};
    const whole = new Line();
    const expected = await all(new Training(whole, new Points(), options));

    const controller = new AbortController();
    const first = new Line();
    const training = new Training(first, new Points(), {...options, signal: controller.signal});
    const events: TrainingEvent[] = [];
    for await (const event of training) {
      events.push(event);
      if (event.kind === 'step' && event.step === 16) controller.abort();
    }
    expect(events.pop()).toEqual({kind: 'stopped', step: 17, reason: 'aborted'});
    const checkpoint = JSON.parse(JSON.stringify((await training.checkpoint({note: 'mine'})).state));
    expect(checkpoint.extra).toEqual({note: 'mine'});

    const resumed = new Line();
    const {tensors, kind, state} = await training.checkpoint();
    for (const [name, parameter] of Object.entries(resumed.parameters)) {
      tf.tidy(() => parameter.assign(tf.tensor(tensors[`parameters/${name}`]!.data, [])));
    }
    events.push(...(await all(new Training(resumed, new Points(), {...options, resume: {kind, state, tensors}}))));
    expect(events).toEqual(expected);
    expect(await resumed.values()).toEqual(await whole.values());
    for (const line of [whole, first, resumed]) line.dispose();
  });

  test.each(settings)(
    '$kind: a table is trained by the rows of each batch, and resumed with the same bits',
    async (optimizer) => {
      const options: TrainingOptions = {steps: 140, optimizer, clipNorm: 1};
      const whole = new Numbers();
      const start = await whole.table();
      const events = await all(new Training(whole, new Ids(), options));
      const losses = events.filter((event) => event.kind === 'step').map(({loss}) => loss);
      expect(losses.slice(-7).reduce((sum, loss) => sum + loss)).toBeLessThan(
        losses.slice(0, 7).reduce((sum, loss) => sum + loss) / 10,
      );
      const end = await whole.table();
      expect(end.slice(21)).toEqual(start.slice(21));
      for (let at = 0; at < 21; at++) expect(end[at]).not.toBe(start[at]);

      const first = new Numbers();
      const ids = new Ids();
      const half = new Training(first, ids, {...options, steps: 70});
      await all(half);
      const {kind, state, tensors} = await half.checkpoint();
      const resumed = new Numbers();
      restoreTensors('parameters', tensors, resumed.parameters);
      await all(new Training(resumed, new Ids(), {...options, resume: {kind, state, tensors}}));
      expect(await resumed.table()).toEqual(end);
      for (const model of [whole, first, resumed]) model.dispose();
    },
  );

  test('a NaN in the rows of a table is named too', async () => {
    const model = new Numbers();
    tf.tidy(() => model.parameters.table.assign(tf.tensor2d([Number.NaN, ...seededValues(23, 1)], [8, 3])));
    const training = new Training(model, new Ids(), {steps: 3, optimizer: sgd});
    await expect(all(training)).rejects.toMatchObject({step: 0, parameter: 'table'});
    model.dispose();
  });

  test('goes on where it was aborted when iterated again', async () => {
    const line = new Line();
    const controller = new AbortController();
    controller.abort();
    const training = new Training(line, new Points(), {steps: 3, optimizer: sgd, signal: controller.signal});
    expect(await all(training)).toEqual([{kind: 'stopped', step: 0, reason: 'aborted'}]);
    line.dispose();
  });

  test('a NaN stops it with an error that names step and parameter, and changes nothing', async () => {
    const line = new Line();
    const training = new Training(line, new Points(5), {steps: 20, optimizer: sgd});
    const seen: number[] = [];
    let before: number[] = [];
    const attempt = (async () => {
      for await (const event of training) {
        seen.push(event.step);
        before = await line.values();
      }
    })();
    await expect(attempt).rejects.toThrow(NonFiniteError);
    await expect(attempt).rejects.toMatchObject({step: 5, parameter: 'slope'});
    await expect(attempt).rejects.toThrow('Step 5: the gradient of slope is not finite');
    expect(seen.at(-1)).toBe(4);
    expect(await line.values()).toEqual(before);
    line.dispose();
  });

  test('a checkpoint of another optimizer, or of no training, is refused', async () => {
    const line = new Line();
    const {tensors, state} = await new Training(line, new Points(), {steps: 1, optimizer: sgd}).checkpoint();
    const resume = {kind: 'line', state, tensors};
    const adam: OptimizerSettings = {kind: 'adam', learningRate: 0.1};
    const before = tf.memory().numTensors;
    expect(() => new Training(line, new Points(), {steps: 1, optimizer: adam, resume})).toThrow(CheckpointError);
    expect(() => new Training(line, new Points(), {steps: 1, optimizer: adam, resume})).toThrow('trained with sgd');
    expect(() => new Training(line, new Points(), {steps: 1, optimizer: sgd, resume: {...resume, state: {}}})).toThrow(
      'no training to resume',
    );
    const broken = {...state, training: {...(state.training as object), step: 'x'}} as typeof state;
    expect(
      () => new Training(line, new Points(), {steps: 1, optimizer: sgd, resume: {...resume, state: broken}}),
    ).toThrow('it is not whole');
    expect(tf.memory().numTensors).toBe(before); // nor is an optimizer's state left behind
    line.dispose();
  });

  test('the state of a schedule travels in the checkpoint', async () => {
    const line = new Line();
    const optimizer = (): OptimizerSettings => ({
      kind: 'sgd',
      learningRate: plateauDecay({initial: 0.1, factor: 0.5, patience: 1}),
    });
    const training = new Training(line, new Points(), {steps: 9, optimizer: optimizer(), reportEvery: 1});
    await all(training);
    const {state} = await training.checkpoint();
    expect((state.training as {schedule: {rate: number}}).schedule.rate).toBeLessThan(0.1);
    line.dispose();
  });

  test.each([{steps: 0}, {steps: 1.5}, {reportEvery: 0}])('refuses %j', (change) => {
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer: sgd, ...change})).toThrow(RangeError);
  });

  test('refuses an optimizer it does not know', () => {
    const optimizer = {kind: 'sdg', learningRate: 1} as unknown as OptimizerSettings;
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer})).toThrow('Unknown optimizer "sdg"');
  });

  test('leaves nothing behind, nor when it fails', async () => {
    await expectNoLeak(async () => {
      for (const optimizer of settings) {
        const line = new Line();
        const training = new Training(line, new Points(30), {steps: 50, optimizer});
        await expect(all(training)).rejects.toThrow(NonFiniteError);
        training.dispose();
        line.dispose();
      }
    });
  });
});
