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

  it('is one number, or falls on a plateau', () => {
    expect(learningRateOf(settingsOf({schedule: 'constant'}))).toBe(10);
    const schedule = learningRateOf(settingsOf({schedule: 'plateau'})) as LearningRateSchedule;
    for (const loss of [1, 1, 1, 2]) schedule.report!(loss);
    expect(schedule.rateAt(0)).toBe(5);
  });
});
