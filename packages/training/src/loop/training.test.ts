import {embeddingLookup, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
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
  loss([id, target]: [number, number]): tf.Scalar {
    const {table, offset} = this.parameters;
    const ids = tf.tensor1d([id, id], 'int32');
    const sums = tf.sum(embeddingLookup({table: table as tf.Tensor as tf.Tensor2D, ids}), 1);
    return tf.mean(tf.square(tf.sub(tf.add(sums, offset), target))) as tf.Scalar;
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

/** The ids 0 to 6, one after the other, and the number of each. */
class Ids extends Points {
  override next(): [number, number] {
    const id = this.position % 7;
    const [, y] = super.next();
    return [id, Number.isNaN(y) ? y : id / 7];
  }
}

/** The same of two ids at once, which come in twos. */
class Pairs extends Numbers {
  override loss(pair: [number, number]): tf.Scalar {
    const {table, offset} = this.parameters;
    const ids = tf.tensor1d([pair[0], pair[0], pair[1], pair[1]], 'int32');
    const sums = tf.sum(embeddingLookup({table: table as tf.Tensor as tf.Tensor2D, ids}), 1);
    const targets = tf.tensor1d([pair[0] / 7, pair[0] / 7, pair[1] / 7, pair[1] / 7]);
    return tf.mean(tf.square(tf.sub(tf.add(sums, offset), targets))) as tf.Scalar;
  }
}

class IdPairs extends Points {
  override next(): [number, number] {
    const position = 2 * this.position++;
    return [position % 7, (position + 1) % 7];
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

  test.each(settings)(
    '$kind: two batches a step are one batch twice as large, within 1e-5, rows too',
    async (optimizer) => {
      const options: TrainingOptions = {steps: 12, optimizer, clipNorm: 0.5};
      const [accumulated, large] = [new Numbers(), new Pairs()];
      const events = await all(new Training(accumulated, new Ids(), {...options, accumulate: 2}));
      const expected = await all(new Training(large, new IdPairs(), options));
      expect(events.map(({kind}) => kind)).toEqual(expected.map(({kind}) => kind));
      events.forEach((event, index) => {
        const other = expected[index]!;
        if (event.kind !== 'step' || other.kind !== 'step') return;
        expectClose([event.loss, event.gradientNorm], [other.loss, other.gradientNorm], {relative: 1e-5});
      });
      expectClose(await accumulated.table(), await large.table(), {relative: 1e-5});
      for (const model of [accumulated, large]) model.dispose();
    },
  );

  test('accumulating, it resumes to the same bits, and each batch is told its own number', async () => {
    const numbers: number[] = [];
    class Told extends Numbers {
      override loss(batch: [number, number], step = -1): tf.Scalar {
        numbers.push(step);
        return super.loss(batch);
      }
    }
    const options: TrainingOptions = {steps: 8, optimizer: {kind: 'adam', learningRate: 0.05}, accumulate: 3};
    const whole = new Told();
    await all(new Training(whole, new Ids(), options));
    expect(numbers).toEqual(Array.from({length: 24}, (_, index) => index));

    const half = new Training(new Told(), new Ids(), {...options, steps: 5});
    await all(half);
    const {kind, state, tensors} = await half.checkpoint();
    const resumed = new Told();
    restoreTensors('parameters', tensors, resumed.parameters);
    await all(new Training(resumed, new Ids(), {...options, resume: {kind, state, tensors}}));
    expect(await resumed.table()).toEqual(await whole.table());
    expect(numbers.slice(-9)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23]);
    tf.disposeVariables();
  });

  test('accumulating, others have their turn between the batches of a step', async () => {
    let turns = 0;
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => {
      turns += 1;
    };
    const seen: number[] = [];
    class Slow extends Numbers {
      override loss(batch: [number, number]): tf.Scalar {
        seen.push(turns);
        port2.postMessage(undefined);
        const start = performance.now();
        while (performance.now() - start < 35); // longer than the loop may go without a turn
        return super.loss(batch);
      }
    }
    const model = new Slow();
    await all(new Training(model, new Ids(), {steps: 1, optimizer: sgd, accumulate: 4}));
    port1.close();
    expect(seen).toEqual([0, 1, 2, 3]);
    model.dispose();
  });

  describe('early stopping', () => {
    const losses = [5, 4, 3, 3.5, 3, 2, 2, 2.5, 3, 1];
    /** Validates with one of those losses after the other. */
    const validator = (from = 0) => {
      let next = from;
      return async () => ({loss: losses[next++]!, perplexity: 1, bitsPerSymbol: 1, symbols: 1});
    };
    const options = {steps: 10, optimizer: sgd, reportEvery: 1, earlyStopping: {patience: 3}};

    test('stops after as many reports as its patience without a better one, and gives the best parameters back', async () => {
      const line = new Line();
      const training = new Training(line, new Points(), {...options, validate: validator()});
      let best: number[] = [];
      const events: TrainingEvent[] = [];
      for await (const event of training) {
        events.push(event);
        if (event.kind === 'report' && event.best) best = await line.values();
      }
      const reports = events.filter((event) => event.kind === 'report');
      expect(reports.map((event) => event.best)).toEqual([true, true, true, false, false, true, false, false, false]);
      expect(events.at(-1)).toEqual({kind: 'stopped', step: 9, reason: 'early stopping'});
      expect(await line.values()).not.toEqual(best);
      expect(training.restoreBest()).toBe(5);
      expect(await line.values()).toEqual(best);
      expect(await all(training)).toEqual([{kind: 'stopped', step: 9, reason: 'early stopping'}]);
      line.dispose();
    });

    test('resumes with its patience and its best parameters, whichever event the checkpoint was taken at', async () => {
      const whole = new Line();
      const uninterrupted = new Training(whole, new Points(), {...options, validate: validator()});
      await all(uninterrupted);
      for (const kind of ['step', 'report']) {
        const first = new Line();
        const training = new Training(first, new Points(), {...options, validate: validator()});
        for await (const event of training) if (event.kind === kind && event.step === 6) break;
        const checkpoint = await training.checkpoint();
        const resumed = new Line();
        restoreTensors('parameters', checkpoint.tensors, resumed.parameters);
        const rest = new Training(resumed, new Points(), {...options, validate: validator(7), resume: checkpoint});
        expect((await all(rest)).at(-1)).toEqual({kind: 'stopped', step: 9, reason: 'early stopping'});
        expect(await rest.checkpoint()).toEqual(await uninterrupted.checkpoint());
        first.dispose();
        resumed.dispose();
      }
      whole.dispose();
    });

    test('goes by what it is told to, and refuses a number that is none', async () => {
      const line = new Line();
      const metric = ({symbols}: {symbols: number}) => -symbols;
      const validate = async () => ({symbols: 3});
      const {earlyStopping: _, ...rest} = options;
      const training = new Training(line, new Points(), {...rest, validate, earlyStopping: {patience: 1, metric}});
      const events = await all(training as unknown as AsyncIterable<TrainingEvent>);
      expect(events.at(-1)).toEqual({kind: 'stopped', step: 2, reason: 'early stopping'});
      const without = new Training(line, new Points(), {...options, validate});
      await expect(all(without as unknown as AsyncIterable<TrainingEvent>)).rejects.toThrow('gave undefined');
      expect(() => new Training(line, new Points(), options)).toThrow('nothing to stop early by');
      const impatient = {...options, validate, earlyStopping: {patience: 0}};
      expect(() => new Training(line, new Points(), impatient)).toThrow('patience is 0');
      line.dispose();
    });
  });

  test('hands out checkpoints as often as asked, and where it stops', async () => {
    const line = new Line();
    const training = new Training(line, new Points(), {steps: 5, optimizer: sgd, checkpointEvery: 2});
    const events = (await all(training)).filter((event) => event.kind === 'checkpoint');
    expect(events.map(({step}) => step)).toEqual([2, 4, 5]);
    const [first] = events;
    expect((first!.checkpoint.state.training as {step: number}).step).toBe(2);
    expect([...events[2]!.checkpoint.tensors['parameters/slope']!.data]).toEqual([(await line.values())[0]]);
    line.dispose();
  });

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

  test.each([{steps: 0}, {steps: 1.5}, {reportEvery: 0}, {accumulate: 0}, {checkpointEvery: 1.5}])(
    'refuses %j',
    (change) => {
      expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer: sgd, ...change})).toThrow(RangeError);
    },
  );

  test.each<[object, string]>([
    [{validateEvery: 5}, 'A training has no option "validateEvery". It has steps, optimizer'],
    [{clipnorm: 1}, 'did you mean "clipNorm"?'],
    [{optimizer: {...sgd, momentum: 0.9}}, 'The optimizer sgd has no option "momentum". It has kind, learningRate.'],
    [{optimizer: {...sgd, kind: 'adam', weightDecay: 0.1}}, 'The optimizer adam has no option "weightDecay"'],
    [{validate: async () => ({loss: 1}), earlyStopping: {patience: 1, metrics: 1}}, 'did you mean "metric"?'],
  ])('refuses the unknown option of %j', (given, message) => {
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer: sgd, ...given})).toThrow(message);
  });

  test.each([undefined, '1', {initial: 1}])('refuses the learning rate %j', (learningRate) => {
    const optimizer = {kind: 'sgd', learningRate} as unknown as OptimizerSettings;
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer})).toThrow(
      'expected a number above 0 or a schedule, such as exponentialDecay',
    );
  });

  test('refuses to resume what is no checkpoint', () => {
    const resume = 'output/run' as unknown as TrainingOptions['resume'];
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer: sgd, resume})).toThrow(
      '`resume` is no checkpoint, expected what `readCheckpoint(folder)` gives',
    );
  });

  test('refuses an optimizer it does not know', () => {
    const optimizer = {kind: 'sdg', learningRate: 1} as unknown as OptimizerSettings;
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer})).toThrow('Unknown optimizer "sdg"');
    const none = undefined as unknown as typeof optimizer;
    expect(() => new Training(new Line(), new Points(), {steps: 1, optimizer: none})).toThrow(
      'Unknown optimizer undefined',
    );
  });

  test('leaves nothing behind, nor when it fails', async () => {
    await expectNoLeak(async () => {
      for (const optimizer of settings) {
        const line = new Line();
        const training = new Training(line, new Points(30), {steps: 50, optimizer});
        await expect(all(training)).rejects.toThrow(NonFiniteError);
        training.dispose();
        line.dispose();
        const numbers = new Numbers();
        const accumulating = new Training(numbers, new Ids(30), {steps: 50, optimizer, accumulate: 3});
        await expect(all(accumulating)).rejects.toThrow(NonFiniteError);
        accumulating.dispose();
        numbers.dispose();
      }
    });
  });
});
