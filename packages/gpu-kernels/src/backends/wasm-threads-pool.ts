// The threads that take part in our wasm kernels: workers that run the same module on the same memory.
import {BackendError} from '../errors/backend-error';
import {allocate, memoryOf, type WasmBackend, wasmKernels, wasmModule} from './wasm-memory';

/** Room for the three cache lines of assembly/threads.ts, with no other data in them. */
const BOARD_BYTES = 256;
/** The places of `jobNumber`, `failed` and `sleeping` in it, in words. */
const [JOB_NUMBER, FAILED, SLEEPING] = [1, 2, 3];
/** How often a thread looks for work before it sleeps: some 100 microseconds, as long as the pauses between kernels. */
const LOOKS = 200_000;

interface Thread {
  postMessage(message: object): void;
  terminate(): unknown;
}

/**
 * A thread's program, for Node and for a page. Between jobs it sleeps on the number of the last one; a failure is written
 * where the main thread sees it while it waits.
 */
const program = `
const run = ({module, memory, board, threads, index, looks}) => {
  const words = new Int32Array(memory.buffer, board, 16);
  const refuse = () => { throw new Error('Only the main thread allocates.'); };
  try {
    const {exports} = new WebAssembly.Instance(module, {env: {memory, malloc: refuse, free: refuse}});
    exports.joinThreads(board, threads, index, looks, true);
    post('ready');
    while (true) {
      const last = Atomics.load(words, ${JOB_NUMBER});
      exports.takePartForAWhile();
      Atomics.add(words, ${SLEEPING}, 1);
      Atomics.wait(words, ${JOB_NUMBER}, last);
      Atomics.sub(words, ${SLEEPING}, 1);
    }
  } catch (error) {
    Atomics.store(words, ${FAILED}, 1);
    post(String(error));
  }
};
let post;
const workers = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (workers) {
  const {parentPort} = workers;
  post = (message) => parentPort.postMessage(message);
  parentPort.once('message', run);
} else {
  post = (message) => postMessage(message);
  onmessage = ({data}) => run(data);
}
`;

/** Starts `threads - 1` threads beside this one, all taking part in the kernels on the backend; returns how to end them. */
export async function startWasmThreads(backend: WasmBackend, threads: number): Promise<() => void> {
  const kernels = wasmKernels(backend);
  const [module, memory] = [wasmModule(backend), memoryOf(backend)];
  const room = allocate(backend, BOARD_BYTES);
  new Uint8Array(memory.buffer, room, BOARD_BYTES).fill(0);
  const board = Math.ceil(room / 64) * 64;
  // With fewer cores than threads, one that looks keeps another from working.
  const looks = threads > cores() ? 100 : LOOKS;
  const started = await Promise.all(
    Array.from({length: threads - 1}, (_, other) =>
      startThread({module, memory, board, threads, index: other + 1, looks}),
    ),
  );
  kernels.joinThreads(board, threads, 0, looks, typeof window === 'undefined');
  return () => {
    kernels.joinThreads(0, 1, 0, 0, false);
    for (const thread of started) thread.terminate();
  };
}

function cores(): number {
  return globalThis.process?.getBuiltinModule?.('node:os').availableParallelism() ?? navigator.hardwareConcurrency;
}

/** A thread that is ready to take part. */
function startThread(start: object): Promise<Thread> {
  const workers = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      reject(new BackendError(`A thread of the backend wasm could not start: ${String(reason)}`));
    };
    const answer = (thread: Thread) => (message: unknown) => (message === 'ready' ? resolve(thread) : fail(message));
    if (workers) {
      const thread = new workers.Worker(program, {eval: true});
      thread.once('message', (message) => {
        thread.unref();
        answer(thread)(message);
      });
      thread.once('error', fail);
      thread.postMessage(start);
    } else {
      const address = URL.createObjectURL(new Blob([program], {type: 'text/javascript'}));
      const thread = new Worker(address);
      thread.onmessage = ({data}) => {
        URL.revokeObjectURL(address);
        answer(thread)(data);
      };
      thread.onerror = ({message}) => fail(message);
      thread.postMessage(start);
    }
  });
}
