import {cosineDecay, exponentialDecay, type LearningRateSchedule, plateauDecay, warmUp} from '@gatefold/training';
import {programs} from './programs';
import type {Settings} from './settings';

export const scheduleNames = ['constant', 'step', 'exponential', 'cosine', 'plateau'] as const;

export type ScheduleName = (typeof scheduleNames)[number];

/** How many steps a schedule's rate climbs for, unless told: a cosine's a tenth of all, and at most 100. */
export function usualWarmUp(schedule: ScheduleName, steps: number): number {
  return schedule === 'cosine' ? Math.min(100, Math.ceil(steps / 10)) : 0;
}

/** The learning rate of a run as it goes. */
export function learningRateOf(settings: Settings): number | LearningRateSchedule {
  const after = afterWarmUp(settings);
  return settings.warmUp > 0 ? warmUp({steps: settings.warmUp, schedule: after}) : after;
}

function afterWarmUp(settings: Settings): number | LearningRateSchedule {
  const {schedule, learningRate: initial, steps, program} = settings;
  switch (schedule) {
    case 'constant':
      return initial;
    case 'step':
    case 'exponential':
      return exponentialDecay({initial, ...programs[program].decay, staircase: schedule === 'step'});
    case 'cosine':
      return cosineDecay({initial, steps: Math.max(1, steps - settings.warmUp)});
    case 'plateau':
      return plateauDecay({initial, factor: 0.5});
  }
}
