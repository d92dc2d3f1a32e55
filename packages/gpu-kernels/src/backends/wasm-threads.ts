// tfjs-backend-wasm on a memory that threads share, and threads of our own on it, which take part in the large kernels
// (assembly/threads.ts says how).
import {engine, env, type KernelBackend, registerBackend, removeBackend} from '@tensorflow/tfjs-core';
import {BackendError} from '../errors/backend-error';
import {attachWasmKernels, type WasmBackend} from './wasm-memory';
import {startWasmThreads} from './wasm-threads-pool';

type Factory = () => KernelBackend | Promise<KernelBackend>;

/** The module of tfjs's threaded build, as its own loader dresses it. */
type ThreadedModule = WasmBackend['wasm'] & {
  cwrap(name: string, result: 'number' | null, parameters: 'number'[]): (...numbers: number[]) => number;
  PThread: {runningWorkers: {unref(): void}[]};
};

/** How tfjs itself starts the backend, kept while it is started otherwise. */
let stock: {factory: Factory; priority: number} | undefined;
let threadsInUse = 1;
/** The program of tfjs's own threads, once it was written. */
let workerFile: string | undefined;

/**
 * Makes `wasm` the name of a tfjs-backend-wasm on `threads` threads, one of them the caller's. A wasm backend on another
 * number of threads is removed, and the tensors on it are lost; one on the same number stays. `threads: 1` brings tfjs's
 * own way of starting it back.
 *
 * In Node, tfjs's threaded build is started in a way tfjs itself does not know; in a page, tfjs starts it where the page
 * is cross-origin isolated. The threads do not keep a process alive, and end with the backend.
 *
 * @param threads a whole number from 1 up; more than there are cores works, and gains nothing.
 * @throws BackendError where `threads` is no such number, or memory cannot be shared here.
 */
export async function startThreadedWasm(threads: number): Promise<void> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new BackendError(`threads is ${threads}, expected a whole number from 1 up.`);
  }
  if (threads > 1 && !canShareMemory()) {
    throw new BackendError(
      'This page cannot share memory between threads: serve it with the headers "Cross-Origin-Opener-Policy: ' +
        'same-origin" and "Cross-Origin-Embedder-Policy: require-corp", or leave "threads" out.',
    );
  }
  const tfjs = await import('@tensorflow/tfjs-backend-wasm');
  stock ??= engine().registryFactory.wasm as typeof stock;
  const {factory, priority} = stock!;
  const inNode = nodeModules() !== undefined;
  if (!inNode) env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1);
  if (threads === threadsInUse) return;
  const before = engine().registry.wasm;
  removeBackend('wasm');
  if (before) before.disposeData = () => true; // its tensors can still be disposed of
  tfjs.setThreadsCount(threads);
  threadsInUse = threads;
  const start = inNode ? async () => new tfjs.BackendWasm((await loadThreadedModule()) as never) : factory;
  registerBackend('wasm', threads === 1 ? factory : async () => withThreads(await start(), threads), priority);
}

function canShareMemory(): boolean {
  return nodeModules() !== undefined || (globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function');
}

function nodeModules() {
  return globalThis.process?.getBuiltinModule?.('node:module');
}

async function withThreads(backend: KernelBackend, threads: number): Promise<KernelBackend> {
  const wasm = backend as WasmBackend & {wasm: ThreadedModule};
  // A thread that computes would keep a Node process alive for ever.
  for (const worker of wasm.wasm.PThread.runningWorkers) worker.unref?.();
  await attachWasmKernels(wasm);
  const end = await startWasmThreads(wasm, threads);
  const dispose = backend.dispose;
  backend.dispose = () => {
    end();
    dispose.call(backend);
  };
  return backend;
}

/** Starts tfjs's threaded build in Node. Its threads are Node workers, which want their program in a file. */
async function loadThreadedModule(): Promise<ThreadedModule> {
  const builtin = process.getBuiltinModule;
  const [fs, os, path] = [builtin('node:fs'), builtin('node:os'), builtin('node:path')];
  const require = nodeModules()!.createRequire(import.meta.url);
  const folder = path.join(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out');
  const script = path.join(folder, 'tfjs-backend-wasm-threaded-simd.js');
  const {wasmWorkerContents} = require(script.replace(/js$/, 'worker.js')) as {wasmWorkerContents: string};
  if (!workerFile) {
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'tfjs-backend-wasm-'));
    process.once('exit', () => fs.rmSync(temporary, {recursive: true, force: true}));
    workerFile = path.join(temporary, 'worker.js');
    fs.writeFileSync(workerFile, wasmWorkerContents.replace(/\n/g, '\\n'));
  }
  const start = require(script) as (options: object) => Promise<ThreadedModule>;
  const module = await start({
    locateFile: (name: string) => (name.endsWith('.worker.js') ? workerFile! : path.join(folder, name)),
    mainScriptUrlOrBlob: script,
  });
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  } as unknown as ThreadedModule['tfjs'];
  return module;
}
