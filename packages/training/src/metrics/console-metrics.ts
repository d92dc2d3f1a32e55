import type {MetricsSink} from './metrics-sink';
import {scalarsOf} from './scalars-of';

/**
 * A line for every report, and one where the training stops.
 *
 * @param log takes a line; default `console.log`.
 * @example for await (const _ of withMetrics(training, [consoleMetrics()])); // step 100  loss 2.7022  perplexity 10.23  ...
 */
export function consoleMetrics({log = console.log}: {log?: (line: string) => void} = {}): MetricsSink {
  return {
    write(event) {
      if (event.kind === 'stopped') log(`stopped after ${event.step} steps: ${event.reason}`);
      if (event.kind !== 'report') return;
      const numbers = {...scalarsOf(event), 'learning rate': event.learningRate};
      const parts = Object.entries(numbers).map(
        ([name, value]) => `${name.replace('report/', '').replace('/', ' ')} ${Number(value.toPrecision(5))}`,
      );
      log([`step ${event.step}`, ...parts].join('  '));
    },
    close: () => undefined,
  };
}
