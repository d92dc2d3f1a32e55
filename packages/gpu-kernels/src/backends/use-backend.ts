import {engine, ready, setBackend} from '@tensorflow/tfjs-core';
import {BackendError} from '../errors/backend-error';
import {registerKernels} from '../kernels';
import {attachWasmKernels, type WasmBackend} from './wasm-memory';
import {startThreadedWasm} from './wasm-threads';
import {startWebGPU} from './webgpu-device';

/** The backends of TensorFlow.js, each with the package that brings it. */
const backends = {
  wasm: {package: '@tensorflow/tfjs-backend-wasm', load: () => import('@tensorflow/tfjs-backend-wasm')},
  cpu: {package: '@tensorflow/tfjs-backend-cpu', load: () => import('@tensorflow/tfjs-backend-cpu')},
  webgl: {package: '@tensorflow/tfjs-backend-webgl', load: () => import('@tensorflow/tfjs-backend-webgl')},
  webgpu: {package: '@tensorflow/tfjs-backend-webgpu', load: () => import('@tensorflow/tfjs-backend-webgpu')},
  tensorflow: {package: '@tensorflow/tfjs-node', load: loadTensorflow},
} as const;

export type BackendName = keyof typeof backends;

const names = Object.keys(backends) as BackendName[];

/**
 * Readies a tfjs backend and our kernels on it. Loads the backend's package where the program has not imported it.
 *
 * @param name the backend; where it is left out, wasm if it runs here, else cpu.
 * @param options `threads` for wasm: how many it runs on. A backend that is up on another number is started anew, and the
 *   tensors on it are lost; where `threads` is left out, it stays as it is, or starts on one.
 * @returns the name of the backend in use.
 * @throws BackendError where the backend is unknown, not installed, or cannot run here; it says what to do, and the
 *   backend in use before stays in use.
 * @example await useBackend('wasm', {threads: 4});
 */
export async function useBackend(name?: BackendName, {threads}: {threads?: number} = {}): Promise<{name: BackendName}> {
  if (name === 'wasm' && threads !== undefined) await startThreadedWasm(threads);
  if (name !== undefined) return start(name);
  return start('wasm').catch(() => start('cpu'));
}

async function start(name: BackendName): Promise<{name: BackendName}> {
  if (!names.includes(name)) {
    throw new BackendError(`Unknown backend ${JSON.stringify(name)}, expected one of ${names.join(', ')}.`);
  }
  if (!(name in engine().registryFactory)) await load(name);
  if (name === 'webgpu') await startWebGPU();
  const previous = engine().backendName;
  const started = await setBackend(name).catch(() => false);
  if (!started) {
    if (previous) await setBackend(previous); // tfjs has already let go of it
    throw new BackendError(`The backend ${name} cannot run here; try another of ${names.join(', ')}.`);
  }
  await ready();
  registerKernels();
  if (name === 'wasm') await attachWasmKernels(engine().backend as WasmBackend);
  return {name};
}

async function load(name: BackendName): Promise<void> {
  const {package: packageName, load} = backends[name];
  await load().catch((error: unknown) => {
    throw new BackendError(
      `The backend ${name} is not installed: run "npm install ${packageName}", or choose another. (${String(error)})`,
      {cause: error},
    );
  });
}

/** tfjs-node 4.22 calls a function of Node's that Node 23 has dropped. */
async function loadTensorflow(): Promise<unknown> {
  const util = globalThis.process?.getBuiltinModule?.('node:util') as {isNullOrUndefined?(value: unknown): boolean};
  if (util) util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  return import('@tensorflow/tfjs-node');
}
