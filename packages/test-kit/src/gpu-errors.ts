import {engine} from '@tensorflow/tfjs-core';
import {afterEach, beforeEach} from 'vitest';

const watched = new WeakSet<object>();
const errors: string[] = [];

/** The device of the webgpu backend, where it is up. */
function device(): GPUDevice | undefined {
  return (engine().findBackend('webgpu') as unknown as {device: GPUDevice} | null)?.device;
}

// WebGPU drops all commands that were recorded beside a faulty one, and says so to whoever listens; without a listener a
// test that happens to compare stale numbers would pass. Imported by a test file, this fails the test that caused it.
beforeEach(() => {
  const current = device();
  if (!current || watched.has(current)) return;
  watched.add(current);
  current.addEventListener('uncapturederror', (event) => errors.push((event as GPUUncapturedErrorEvent).error.message));
});

afterEach(async () => {
  await device()?.queue.onSubmittedWorkDone();
  const messages = errors.splice(0);
  if (messages.length > 0) throw new Error(`WebGPU: ${messages.join('\n')}`);
});
