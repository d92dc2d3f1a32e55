import type {TrainingEvent} from '../loop/training-event';

/**
 * The numbers of an event by name: `step/loss`, `step/learningRate` and `step/gradientNorm`; `report/loss` and
 * `report/perplexity`; `validation/...`, every number a validation has.
 */
export function scalarsOf(event: TrainingEvent<unknown>): Record<string, number> {
  switch (event.kind) {
    case 'step':
      return named('step', {
        loss: event.loss,
        learningRate: event.learningRate,
        gradientNorm: event.gradientNorm,
      });
    case 'report':
      return {
        ...named('report', {loss: event.loss, perplexity: event.perplexity}),
        ...named('validation', event.validation),
      };
    default:
      return {};
  }
}

function named(prefix: string, values: unknown): Record<string, number> {
  const numbers = Object.entries(values ?? {}).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(numbers.map(([name, value]) => [`${prefix}/${name}`, value]));
}
