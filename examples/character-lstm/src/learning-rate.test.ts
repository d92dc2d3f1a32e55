import type {LearningRateSchedule} from '@gatefold/training';
import {describe, expect, it} from 'vitest';
import {learningRateOf} from './learning-rate';
import {settingsOf} from './options';

describe('learningRateOf', () => {
  const rates = (given: Parameters<typeof settingsOf>[0], steps: number[]) =>
    steps.map((step) => (learningRateOf(settingsOf(given)) as LearningRateSchedule).rateAt(step));

  it("is the exercise's where nothing is given", () => {
    expect(rates({}, [0, 4999, 5000])).toEqual([10, 10, 1]);
    expect(rates({program: 'overlapping-bigram'}, [9999, 10_000])).toEqual([10, 1]);
  });

  it('climbs and falls along a cosine, over the steps there are', () => {
    const [first, top, last] = rates({program: 'text8-small', learningRate: 1}, [0, 100, 4999]);
    expect(first).toBeCloseTo(1 / 101, 12);
    expect(top).toBe(1);
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(1e-6);
    expect(rates({schedule: 'cosine', steps: 1}, [0])).toEqual([5]);
  });

  it('falls evenly as far as in steps', () => {
    const [first, half, last] = rates({schedule: 'exponential'}, [0, 2500, 5000]);
    expect([first, last]).toEqual([10, 1]);
    expect(half).toBeCloseTo(Math.sqrt(10), 12);
  });

  it('climbs before any schedule, where asked to', () => {
    expect(rates({schedule: 'constant', warmUp: 4}, [0, 3, 4, 9])).toEqual([2, 8, 10, 10]);
    expect(rates({warmUp: 4}, [5003, 5004])).toEqual([10, 1]);
    expect(rates({schedule: 'cosine', warmUp: 0, steps: 10}, [0, 5])[1]).toBeCloseTo(5, 12);
    expect(rates({schedule: 'cosine', warmUp: 20, steps: 10}, [0, 9])[1]).toBeLessThan(10);
  });

  it('is one number, or falls on a plateau', () => {
    expect(learningRateOf(settingsOf({schedule: 'constant'}))).toBe(10);
    const schedule = learningRateOf(settingsOf({schedule: 'plateau'})) as LearningRateSchedule;
    for (const loss of [1, 1, 1, 2]) schedule.report!(loss);
    expect(schedule.rateAt(0)).toBe(5);
  });
});
