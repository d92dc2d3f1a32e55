import {engine, ready, setBackend} from '@tensorflow/tfjs-core';
import {BackendError} from '../errors/backend-error';
import {registerKernels} from '../kernels';
import {setDebug} from '../rows/debug-ids';
import {attachWasmKernels, type WasmBackend} from './wasm-memory';
import {startThreadedWasm} from './wasm-threads';
import {hasGraphicsCard, startWebGPU} from './webgpu-device';

/** The backends of TensorFlow.js, each with the package that brings it, and what it needs beside. */
const backends = {
  wasm: {
    package: '@tensorflow/tfjs-backend-wasm',
    load: () => import('@tensorflow/tfjs-backend-wasm'),
    needs: 'WebAssembly with SIMD, and in a page its binaries where "setWasmPaths" says they are',
  },
  cpu: {
    package: '@tensorflow/tfjs-backend-cpu',
    load: () => import('@tensorflow/tfjs-backend-cpu'),
    needs: 'nothing',
  },
  webgl: {
    package: '@tensorflow/tfjs-backend-webgl',
    load: () => import('@tensorflow/tfjs-backend-webgl'),
    needs: 'a browser with WebGL 2',
  },
  webgpu: {
    package: '@tensorflow/tfjs-backend-webgpu',
    load: () => import('@tensorflow/tfjs-backend-webgpu'),
    needs: 'WebGPU',
  },
  tensorflow: {package: '@tensorflow/tfjs-node', load: loadTensorflow, needs: 'the library of TensorFlow'},
} as const;

export type BackendName = keyof typeof backends;

const names = Object.keys(backends) as BackendName[];

export interface BackendOptions {
  /**
   * For wasm: how many threads it runs on. A backend that is up on another number is started anew, and the tensors on it
   * are lost. Where it is left out, the number stays as it is, or is one.
   */
  threads?: number;
  /**
   * For webgpu and webgl, whose kernels clamp ids that are out of range: reads ids back and throws an IdRangeError, as the
   * other backends always do. Slow. Default false.
   */
  debug?: boolean;
}

export interface BackendChoice {
  name: BackendName;
  /** Why it is this one, in words. */
  reason: string;
}

/**
 * Readies a tfjs backend and our kernels on it. Loads the backend's package where the program has not imported it.
 *
 * @param name the backend; where it is left out, the first that runs here of tensorflow, webgpu on a graphics card, wasm,
 *   webgl and cpu.
 * @returns the name of the backend in use, and why it is this one.
 * @throws BackendError where the backend is unknown, not installed, or cannot run here; it says what to do, and the
 *   backend in use before stays in use.
 * @example
 * await useBackend('wasm', {threads: 4});
 * const {name, reason} = await useBackend(); // 'wasm', 'tensorflow: not installed; webgpu: no adapter'
 */
export async function useBackend(name?: BackendName, options: BackendOptions = {}): Promise<BackendChoice> {
  if (name === undefined) return useBest(options);
  if (!names.includes(name)) {
    throw new BackendError(`Unknown backend ${JSON.stringify(name)}, expected one of ${names.join(', ')}.`);
  }
  if (name === 'wasm' && options.threads !== undefined) await startThreadedWasm(options.threads);
  await start(name);
  setDebug(options.debug ?? false);
  return {name, reason: 'asked for'};
}

const inNode = Boolean(globalThis.process?.versions?.node);

/** Whether a backend is worth trying without being asked for: `true`, or why not. */
async function isCandidate(name: BackendName): Promise<true | string> {
  if (name === 'webgpu') return hasGraphicsCard();
  if (name === 'tensorflow' && !inNode) return 'only in Node';
  return true;
}

async function useBest(options: BackendOptions): Promise<BackendChoice> {
  const passedOver: string[] = [];
  for (const name of ['tensorflow', 'webgpu', 'wasm', 'webgl', 'cpu'] as const) {
    const candidate = await isCandidate(name);
    if (candidate !== true) {
      passedOver.push(`${name}: ${candidate}`);
      continue;
    }
    try {
      await useBackend(name, options);
      return {name, reason: passedOver.length > 0 ? passedOver.join('; ') : 'the fastest there is'};
    } catch (error) {
      passedOver.push(`${name}: ${/is not installed/.test(String(error)) ? 'not installed' : 'cannot run here'}`);
    }
  }
  throw new BackendError(`No backend runs here (${passedOver.join('; ')}); run "npm install @tensorflow/tfjs".`);
}

async function start(name: BackendName): Promise<void> {
  if (!(name in engine().registryFactory)) await load(name);
  if (name === 'webgpu') await startWebGPU();
  const previous = engine().backendName;
  const started = await setBackend(name).catch(() => false);
  if (!started) {
    if (previous) await setBackend(previous); // tfjs has already let go of it
    const {needs} = backends[name];
    throw new BackendError(
      `The backend ${name} cannot run here: it needs ${needs}. Choose another of ${names.join(', ')}.`,
    );
  }
  await ready();
  registerKernels();
  if (name === 'wasm') await attachWasmKernels(engine().backend as WasmBackend);
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

/**
 * tfjs-node 4.22 calls a function of Node's that Node 23 has dropped. TensorFlow tells of every graph it is given, and of much
 * else, unless asked for warnings only.
 */
async function loadTensorflow(): Promise<unknown> {
  if (globalThis.process?.env) globalThis.process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  const util = globalThis.process?.getBuiltinModule?.('node:util') as {isNullOrUndefined?(value: unknown): boolean};
  if (util) util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  return import('@tensorflow/tfjs-node');
}
