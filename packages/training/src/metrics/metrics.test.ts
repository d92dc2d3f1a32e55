import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {TrainingEvent} from '../loop/training-event';
import {consoleMetrics} from './console-metrics';
import {jsonLinesMetrics} from './json-lines-metrics';
import {openMetricsFile} from './metrics-file-browser';
import {type MetricsSink, withMetrics} from './metrics-sink';
import {tensorBoardMetrics} from './tensorboard/tensorboard-metrics';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
});
afterAll(() => rm(folder, {recursive: true}));

/** The events of steps `from` to `to`, with a report after each even one. */
async function* training(from: number, to: number, mark = 0): AsyncGenerator<TrainingEvent> {
  for (let step = from; step <= to; step++) {
    yield {kind: 'step', step, loss: step + mark, learningRate: 0.1, gradientNorm: 2};
    if (step % 2 === 1) continue;
    const validation = {loss: 1, perplexity: Math.E, bitsPerSymbol: 1.5, symbols: 3};
    yield {kind: 'report', step, loss: 0.5, perplexity: 1.25, learningRate: 0.1, validation};
  }
  yield {kind: 'checkpoint', step: to + 1, checkpoint: {kind: 'line', state: {}, tensors: {}}};
  yield {kind: 'stopped', step: to + 1, reason: 'finished'};
}

async function run(events: AsyncIterable<TrainingEvent>, ...sinks: MetricsSink[]): Promise<TrainingEvent[]> {
  const seen: TrainingEvent[] = [];
  for await (const event of withMetrics(events, sinks)) seen.push(event);
  return seen;
}

describe('withMetrics', () => {
  test('passes events on, writes them to every sink, and closes these on a break and on an error', async () => {
    const written: string[] = [];
    const sink = (name: string): MetricsSink => ({
      write: ({kind}) => void written.push(`${name} ${kind}`),
      close: () => void written.push(`${name} closed`),
    });
    for await (const event of withMetrics(training(0, 3), [sink('a'), sink('b')])) if (event.kind === 'report') break;
    expect(written).toEqual(['a step', 'b step', 'a report', 'b report', 'a closed', 'b closed']);
    async function* broken(): AsyncGenerator<TrainingEvent> {
      yield* [];
      throw new Error('broken');
    }
    await expect(run(broken(), sink('c'))).rejects.toThrow('broken');
    expect(written.at(-1)).toBe('c closed');
    expect(await run(training(0, 2))).toHaveLength(7);
  });
});

test('the console has a line a report', async () => {
  const lines: string[] = [];
  await run(training(0, 1), consoleMetrics({log: (line) => lines.push(line)}));
  expect(lines).toEqual([
    'step 0  loss 0.5  perplexity 1.25  validation loss 1  validation perplexity 2.7183  ' +
      'validation bitsPerSymbol 1.5  validation symbols 3  learning rate 0.1',
    'stopped after 2 steps: finished',
  ]);
});

describe('JSON lines', () => {
  const read = async (file: string) =>
    (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('are the events, without what a checkpoint holds', async () => {
    const file = path.join(folder, 'new', 'metrics.jsonl');
    const events = await run(training(0, 250), jsonLinesMetrics(file));
    expect(await read(file)).toEqual(
      events.map((event) => (event.kind === 'checkpoint' ? {kind: 'checkpoint', step: 251} : event)),
    );
  });

  test('of a resumed run go on from its step, also after a cut line', async () => {
    const file = path.join(folder, 'resumed.jsonl');
    await run(training(0, 5, 100), jsonLinesMetrics(file));
    await writeFile(file, `${await readFile(file, 'utf8')}{"kind":"st`);
    await run(training(4, 7), jsonLinesMetrics(file));
    const steps = (await read(file)).filter(({kind}) => kind === 'step');
    expect(steps.map(({loss}) => loss)).toEqual([100, 101, 102, 103, 4, 5, 6, 7]);
    await run(training(0, 1), jsonLinesMetrics(file));
    expect(await read(file)).toHaveLength(5);
  });

  test('go to a function too', async () => {
    const parts: string[] = [];
    await run(
      training(0, 1),
      jsonLinesMetrics((lines) => void parts.push(lines)),
    );
    expect(
      parts
        .join('')
        .match(/^.*$/gm)!
        .filter(Boolean)
        .map((line) => JSON.parse(line).kind),
    ).toEqual([...['step', 'report', 'step', 'checkpoint', 'stopped']]);
  });
});

describe('TensorBoard', () => {
  test('gets a file of records, the same in a folder and in bytes', async () => {
    const parts: Uint8Array[] = [];
    const board = path.join(folder, 'board');
    const inBytes = tensorBoardMetrics((bytes) => void parts.push(bytes));
    await run(training(0, 250), tensorBoardMetrics(board), inBytes);
    const [file] = await readdir(board);
    expect(file).toMatch(/^events\.out\.tfevents\.\d{10}\./);
    const [ofFile, ofBytes] = [await readFile(path.join(board, file!)), Buffer.concat(parts)].map(messagesOf);
    expect(ofFile!.length).toBe(2 + 251 + 126);
    expect(ofFile!.map((message) => message.subarray(9))).toEqual(ofBytes!.map((message) => message.subarray(9)));
    expect(ofFile![0]!.toString('latin1')).toContain('brain.Event:2');
    const text = ofFile!.at(-1)!.toString('latin1');
    for (const tag of ['report/loss', 'validation/bitsPerSymbol']) expect(text).toContain(tag);
  });

  test('makes no file of no events', async () => {
    await run((async function* () {})(), tensorBoardMetrics(path.join(folder, 'none')));
    expect(existsSync(path.join(folder, 'none'))).toBe(false);
  });
});

test('a page is told to give a function', async () => {
  await expect(openMetricsFile('run/metrics.jsonl')).rejects.toThrow('Give a function');
});

/** The messages in their frames. Each begins with 9 bytes of wall time. */
function messagesOf(file: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    messages.push(file.subarray(at + 12, at + 12 + length));
    at += length + 16;
  }
  return messages;
}
