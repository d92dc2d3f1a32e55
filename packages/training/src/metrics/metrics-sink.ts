import type {TrainingEvent} from '../loop/training-event';

/** Somewhere the events of a training are written to as it goes. */
export interface MetricsSink {
  /** Takes an event in. What was written before by a run that this one resumes stays, up to the step of the first event. */
  write(event: TrainingEvent<unknown>): void | Promise<void>;
  /** Writes what is still held back. */
  close(): void | Promise<void>;
}

/**
 * The events of a training, each of them also written to some sinks, which are closed when the training stops, whether by
 * itself, by an error or by a `break`.
 *
 * @example
 * const sinks = [consoleMetrics(), jsonLinesMetrics('run/metrics.jsonl'), tensorBoardMetrics('run')];
 * for await (const event of withMetrics(model.fit(batches, options), sinks)) if (event.kind === 'report') ...;
 */
export async function* withMetrics<Event extends TrainingEvent<unknown>>(
  training: AsyncIterable<Event>,
  sinks: readonly MetricsSink[],
): AsyncGenerator<Event, void, undefined> {
  try {
    for await (const event of training) {
      for (const sink of sinks) await sink.write(event);
      yield event;
    }
  } finally {
    for (const sink of sinks) await sink.close();
  }
}
