import {openMetricsFile} from '#metrics-file';
import type {MetricsSink} from './metrics-sink';

/** Lines that are held back at most, so that a step does not wait for the disk. */
const held = 100;

/**
 * Every event as a line of JSON, as it is but for the tensors of a checkpoint. The file of a run that is resumed goes on:
 * lines of steps that are run again give way to the new ones.
 *
 * @param path of a file in Node, whose folder is made where it is missing. In a page, which has no files, a function that
 *   takes some lines at a time.
 * @throws Error, as it is written, where the file cannot be.
 * @example jsonLinesMetrics('run/metrics.jsonl') // {"kind":"step","step":0,"loss":3.2961,"learningRate":10,...}
 */
export function jsonLinesMetrics(path: string | ((lines: string) => void | Promise<void>)): MetricsSink {
  let lines: string[] = [];
  let append: ((text: string) => Promise<void> | void) | undefined = typeof path === 'string' ? undefined : path;
  const flush = async () => {
    const text = lines.join('');
    lines = [];
    if (text) await append?.(text);
  };
  return {
    async write(event) {
      if (append === undefined) {
        const file = await openMetricsFile(path as string);
        await file.keep((line) => stepOf(line) < event.step);
        append = (text) => file.append(new TextEncoder().encode(text));
      }
      const {kind, step} = event;
      lines.push(`${JSON.stringify(kind === 'checkpoint' ? {kind, step} : event)}\n`);
      if (lines.length >= held || kind !== 'step') await flush();
    },
    close: flush,
  };
}

/** Of a line that was cut, beyond all steps. */
function stepOf(line: string): number {
  try {
    const {kind, step} = JSON.parse(line);
    // What is counted by steps run stands one higher than the last step.
    return kind === 'stopped' || kind === 'checkpoint' ? step - 1 : step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
