// What concerns a Node process as a whole.
import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {describe, expect, test} from 'vitest';

/** What a process of its own prints that uses the package as it is here. */
async function runProcess(program: string): Promise<string> {
  const {outputFiles} = await build({
    stdin: {contents: program, resolveDir: import.meta.dirname, loader: 'ts'},
    ...{bundle: true, write: false, platform: 'node', format: 'esm', packages: 'external'},
  });
  const options = {cwd: path.join(import.meta.dirname, '../..'), timeout: 30_000};
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-'], options);
  running.child.stdin!.end(outputFiles[0]!.text);
  return (await running).stdout.trim();
}

describe('a process that trains on threads', () => {
  const prelude = `
    import {topicCorpus} from '../fixtures/topic-corpus';
    import {ParallelTraining} from './parallel-training';
    const make = (epochs) => new ParallelTraining(topicCorpus(), {dimension: 20, epochs, threads: 3, secondsBetweenReports: 0.05});
  `;

  test.each([
    ['its training has', 'for await (const {kind} of make(3).run()) if (kind === "end") console.log(kind);', 'end'],
    [
      'it takes no more events',
      'for await (const {kind} of make(1e6).run()) { console.log(kind); break; }',
      'progress',
    ],
    [
      'its training is disposed of',
      'const training = make(1e6); for await (const {kind} of training.run()) { if (kind === "end") console.log(kind); training.dispose(); }',
      'end',
    ],
    ['nothing was run', 'make(3); console.log("made");', 'made'],
  ])('ends when %s', async (_, program, expected) => {
    expect(await runProcess(prelude + program)).toBe(expected);
  });

  test('gets the error of a thread', async () => {
    const program = `
      import {TrainingMemory} from './training-memory';
      const training = make(1e6);
      TrainingMemory.prototype.wake = function () { this.plan = 2 ** 32 - 4; return wake.call(this); };
      try {
        for await (const _ of training.run());
      } catch (error) {
        console.log(error.name, error.message);
      }
    `.replace('const training', 'const {wake} = TrainingMemory.prototype; const training');
    expect(await runProcess(prelude + program)).toMatch(/^BackendError A thread that trains failed: .*out of bounds/);
  });
});
