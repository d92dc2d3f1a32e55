// What concerns a Node process as a whole; the other tests of threads run in a page too.
import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {describe, expect, test, vi} from 'vitest';
import {BackendError} from '../errors/backend-error';
import {startThreadedWasm} from './wasm-threads';

/** The last line of a process of its own that uses the package as it is here. */
async function runProcess(program: string): Promise<string> {
  const {outputFiles} = await build({
    stdin: {contents: program, resolveDir: import.meta.dirname, loader: 'ts'},
    ...{bundle: true, write: false, platform: 'node', format: 'esm', packages: 'external'},
  });
  const options = {cwd: path.join(import.meta.dirname, '../..'), timeout: 30_000};
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-'], options);
  running.child.stdin!.end(outputFiles[0]!.text);
  return (await running).stdout.trim().split('\n').at(-1)!;
}

describe('a process with wasm on threads', () => {
  const prelude = `
    import * as tf from '@tensorflow/tfjs-core';
    import {startThreadedWasm} from './wasm-threads';
    import {useBackend} from './use-backend';
    await startThreadedWasm(3);
    await useBackend('wasm');
    const product = () => tf.matMul(tf.ones([90, 90]), tf.ones([90, 90]), false, true).dataSync()[0];
  `;
  test.each([
    ['by itself', '', '90'],
    ['after the backend was removed', "tf.removeBackend('wasm');", '90'],
    [
      'after a change to one thread',
      "await startThreadedWasm(1); await useBackend('wasm'); console.log(product());",
      '90',
    ],
    ['by an error', "process.exitCode = 0; setTimeout(() => { console.log('late'); process.exit(); }, 50);", 'late'],
  ])('ends %s', async (_, program, last) => {
    expect(await runProcess(`${prelude} console.log(product()); ${program}`)).toBe(last);
  });
});

test('a page that is not cross-origin isolated is told what to send', async () => {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
  try {
    await expect(startThreadedWasm(2)).rejects.toThrow(BackendError);
    await expect(startThreadedWasm(2)).rejects.toThrow('"Cross-Origin-Opener-Policy: same-origin"');
  } finally {
    vi.restoreAllMocks();
  }
});
