import {engine} from '@tensorflow/tfjs-core';
import {afterEach, beforeEach} from 'vitest';

/** The members of tfjs-backend-webgpu that hold its commands. */
interface WebGPUBackend {
  device: GPUDevice;
  commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** The webgpu backend, where it is up. */
function running(): WebGPUBackend | null {
  return engine().findBackend('webgpu') as unknown as WebGPUBackend | null;
}

const kinds = ['validation', 'out-of-memory', 'internal'] as const;
let watched: GPUDevice | undefined;

// WebGPU drops all commands that were recorded beside a faulty one, and says so to whoever listens; without a listener a
// test that happens to compare stale numbers would pass. Imported by a test file, this fails the test that caused it, where
// the backend was up before the test: started in `beforeAll`, because a `beforeEach` comes after this one. An error scope
// knows its errors when it ends; an event comes when a browser has time, perhaps in the next test.
beforeEach(() => {
  watched = running()?.device;
  for (const kind of kinds) watched?.pushErrorScope(kind);
});

afterEach(async () => {
  const backend = running();
  if (backend?.commandEncoder) {
    backend.endComputePassEncoder(); // what the test has recorded last is judged when it is submitted
    backend.submitQueue();
  }
  await backend?.device.queue.onSubmittedWorkDone();
  const errors = await Promise.all(kinds.map(() => watched?.popErrorScope()));
  const messages = errors.flatMap((error) => error?.message ?? []);
  if (messages.length > 0) throw new Error(`WebGPU: ${messages.join('\n')}`);
});
