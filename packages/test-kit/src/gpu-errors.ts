import {engine} from '@tensorflow/tfjs-core';
import {afterEach, beforeEach} from 'vitest';

const watched = new WeakSet<object>();
const errors: string[] = [];

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

// WebGPU drops all commands that were recorded beside a faulty one, and says so to whoever listens; without a listener a
// test that happens to compare stale numbers would pass. Imported by a test file, this fails the test that caused it, where
// the backend was up before the test: started in `beforeAll`, because a `beforeEach` comes after this one.
beforeEach(() => {
  const device = running()?.device;
  if (!device || watched.has(device)) return;
  watched.add(device);
  device.addEventListener('uncapturederror', (event) => errors.push((event as GPUUncapturedErrorEvent).error.message));
});

afterEach(async () => {
  const backend = running();
  if (backend?.commandEncoder) {
    backend.endComputePassEncoder(); // what the test has recorded last is judged when it is submitted
    backend.submitQueue();
  }
  await backend?.device.queue.onSubmittedWorkDone();
  const messages = errors.splice(0);
  if (messages.length > 0) throw new Error(`WebGPU: ${messages.join('\n')}`);
});
