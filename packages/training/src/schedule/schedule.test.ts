import {describe, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import {cosineDecay} from './cosine-decay';
import {exponentialDecay} from './exponential-decay';
import {toSchedule} from './learning-rate-schedule';
import {plateauDecay} from './plateau-decay';
import {warmUp} from './warm-up';

describe('exponentialDecay', () => {
  test('falls in steps, as the exercise asks', () => {
    const {rateAt} = exponentialDecay({initial: 10, factor: 0.1, every: 5000});
    expect([0, 4999, 5000, 9999, 10_000].map(rateAt)).toEqual([10, 10, 1, 1, 10 * 0.1 ** 2]);
  });

  test('falls smoothly where asked to', () => {
    const {rateAt} = exponentialDecay({initial: 8, factor: 0.25, every: 10, staircase: false});
    expect(rateAt(5)).toBeCloseTo(4, 12);
    expect(rateAt(10)).toBeCloseTo(2, 12);
  });

  test.each([{initial: 0}, {factor: -1}, {every: 0}, {initial: Number.NaN}])('refuses %j', (change) => {
    expect(() => exponentialDecay({initial: 1, factor: 0.5, every: 10, ...change})).toThrow(RangeError);
  });
});

describe('cosineDecay', () => {
  test('falls along half a cosine, and stays at its end', () => {
    const {rateAt} = cosineDecay({initial: 3, final: 1, steps: 100});
    expect(rateAt(0)).toBe(3);
    expect(rateAt(25)).toBeCloseTo(2 + Math.SQRT1_2, 12);
    expect(rateAt(50)).toBeCloseTo(2, 12);
    expect([100, 1000].map(rateAt)).toEqual([1, 1]);
    expect(cosineDecay({initial: 3, steps: 100}).rateAt(99)).toBeGreaterThan(0);
  });

  test.each([{initial: 0}, {steps: 0}, {final: -1}, {final: 4}, {final: Number.NaN}])('refuses %j', (change) => {
    expect(() => cosineDecay({initial: 3, steps: 10, ...change})).toThrow(RangeError);
  });
});

describe('warmUp', () => {
  test('climbs to the first rate of what follows, and then begins it', () => {
    const {rateAt} = warmUp({steps: 4, schedule: exponentialDecay({initial: 10, factor: 0.1, every: 2})});
    expect([0, 1, 2, 3, 4, 5, 6].map(rateAt)).toEqual([2, 4, 6, 8, 10, 10, 1]);
    expect([0, 1, 9].map(warmUp({steps: 1, schedule: 0.5}).rateAt)).toEqual([0.25, 0.5, 0.5]);
  });

  test('passes reports on to a plateau, and keeps its state', () => {
    const options = () => ({steps: 10, schedule: plateauDecay({initial: 1, factor: 0.5, patience: 1})});
    const schedule = warmUp(options());
    for (const loss of [1, 2]) schedule.report!(loss);
    const restored = warmUp(options());
    restored.restore(JSON.parse(JSON.stringify(schedule.state())));
    for (const each of [schedule, restored]) each.report!(3);
    for (const each of [schedule, restored]) expect(each.rateAt(10)).toBe(0.25);
  });

  test.each([0, 1.5, -1])('refuses %d steps', (steps) => {
    expect(() => warmUp({steps, schedule: 1})).toThrow(`steps is ${steps}`);
  });
});

describe('plateauDecay', () => {
  test('falls when a loss is above the last three, and only then', () => {
    const schedule = plateauDecay({initial: 1, factor: 0.5});
    const rates = [5, 6, 4, 5.5, 7, 3, 8].map((loss) => {
      schedule.report!(loss);
      return schedule.rateAt(0);
    });
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.25]);
  });

  test('goes on from its state', () => {
    const schedule = plateauDecay({initial: 1, factor: 0.5});
    for (const loss of [1, 2, 3, 4]) schedule.report!(loss);
    const restored = plateauDecay({initial: 1, factor: 0.5});
    restored.restore(JSON.parse(JSON.stringify(schedule.state())));
    for (const each of [schedule, restored]) each.report!(5);
    expect(restored.rateAt(0)).toBe(schedule.rateAt(0));
    expect(restored.rateAt(0)).toBe(0.25);
  });

  test.each([[{rate: 0.5, losses: ['high']}], [{rate: -1, losses: []}], [{losses: []}], [{}]])(
    'refuses the state %j',
    (state) => {
      const schedule = plateauDecay({initial: 1, factor: 0.5});
      expect(() => schedule.restore(state)).toThrow(CheckpointError);
      expect(schedule.rateAt(0)).toBe(1);
    },
  );

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses a loss of %d', (loss) => {
    expect(() => plateauDecay({initial: 1, factor: 0.5}).report!(loss)).toThrow(RangeError);
  });

  test.each([0, 2.5, -1])('refuses a patience of %d', (patience) => {
    expect(() => plateauDecay({initial: 1, factor: 0.5, patience})).toThrow(`patience is ${patience}`);
  });

  test('refuses a factor that does not lower', () => {
    expect(() => plateauDecay({initial: 1, factor: 1})).toThrow('factor is 1');
  });
});

describe('a constant rate', () => {
  test('is a schedule', () => expect(toSchedule(0.3).rateAt(12)).toBe(0.3));
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (rate) => {
    expect(() => toSchedule(rate)).toThrow(RangeError);
  });
});
