import {cosineDecay, exponentialDecay, type LearningRateSchedule, plateauDecay, warmUp} from '@gatefold/training';
import {programs} from './programs';
import type {Settings} from './settings';

export const scheduleNames = ['constant', 'step', 'cosine', 'plateau'] as const;

export type ScheduleName = (typeof scheduleNames)[number];

/** Steps that a cosine's rate climbs for, at most: a run of fewer than ten times as many climbs for a tenth of them. */
const warmUpSteps = 100;

/** The learning rate of a run as it goes. */
export function learningRateOf(settings: Settings): number | LearningRateSchedule {
  const {schedule, learningRate: initial, steps, program} = settings;
  switch (schedule) {
    case 'constant':
      return initial;
    case 'step':
      return exponentialDecay({initial, ...programs[program].decay});
    case 'cosine': {
      const climb = Math.min(warmUpSteps, Math.ceil(steps / 10));
      return warmUp({steps: climb, schedule: cosineDecay({initial, steps: Math.max(1, steps - climb)})});
    }
    case 'plateau':
      return plateauDecay({initial, factor: 0.5});
  }
}
