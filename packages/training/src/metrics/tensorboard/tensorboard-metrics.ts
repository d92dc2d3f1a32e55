import {openMetricsFile} from '#metrics-file';
import type {MetricsSink} from '../metrics-sink';
import {scalarsOf} from '../scalars-of';
import {type EventMessage, eventRecord} from './event-record';

/** Records that are held back at most, so that a step does not wait for the disk. */
const held = 100;

/**
 * The numbers of every step and report in an event file for TensorBoard: `tensorboard --logdir run`. A run that is resumed
 * writes another file beside the first, and TensorBoard drops what the first has of the steps that are run again.
 *
 * @param folder in Node, made where it is missing. In a page, which has no files, a function that takes the bytes of the
 *   file, some at a time, from the first one on.
 * @throws Error, as it is written, where the file cannot be.
 * @example
 * for await (const event of withMetrics(training, [tensorBoardMetrics('run')])) ...;
 * @example // In a page: kept, to be offered as `events.out.tfevents.1`.
 * const parts: Uint8Array[] = [];
 * tensorBoardMetrics((bytes) => void parts.push(bytes));
 */
export function tensorBoardMetrics(folder: string | ((bytes: Uint8Array) => void | Promise<void>)): MetricsSink {
  let records: Uint8Array[] = [];
  let append: ((bytes: Uint8Array) => Promise<void> | void) | undefined;
  const record = (event: Omit<EventMessage, 'wallTime'>) =>
    records.push(eventRecord({wallTime: Date.now() / 1000, ...event}));
  const flush = async () => {
    const waiting = records;
    records = [];
    for (const bytes of joined(waiting)) await append?.(bytes);
  };
  return {
    async write(event) {
      if (append === undefined) {
        append = typeof folder === 'string' ? (await openMetricsFile(`${folder}/${fileName()}`)).append : folder;
        record({fileVersion: 'brain.Event:2'});
        record({step: event.step, restart: true});
      }
      const scalars = scalarsOf(event);
      if (Object.keys(scalars).length > 0) record({step: event.step, scalars});
      if (records.length >= held || event.kind !== 'step') await flush();
    },
    close: flush,
  };
}

/** TensorBoard reads files with `tfevents` in their names, in the order of these. */
function fileName(): string {
  const [seconds, rest] = (Date.now() / 1000).toFixed(3).split('.');
  return `events.out.tfevents.${seconds!.padStart(10, '0')}.gatefold.${rest}`;
}

/** Several as one; none as none. */
function joined(parts: Uint8Array[]): Uint8Array[] {
  if (parts.length === 0) return [];
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return [all];
}
