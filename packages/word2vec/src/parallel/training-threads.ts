// The threads that train: workers that run one kernel on one memory, in Node and in a page.
import {BackendError} from '@gatefold/gpu-kernels';
import {commands, control, type TrainingMemory} from './training-memory';

/**
 * A thread's program: chunk after chunk until the command is to end. Without work it sleeps on the signal, which it read
 * before it looked for work, so that none comes unnoticed. An error of it ends the thread and reaches the main one.
 */
const program = `
const run = ({module, memory, plan, workspace, controlAt}) => {
  const words = new Int32Array(memory.buffer, controlAt, 4);
  const {trainNextChunk} = new WebAssembly.Instance(module, {env: {memory}}).exports;
  while (true) {
    const signal = Atomics.load(words, ${control.signal});
    const command = Atomics.load(words, ${control.command});
    if (command === ${commands.end}) return;
    if (command === ${commands.train} && trainNextChunk(plan, workspace)) continue;
    Atomics.add(words, ${control.resting}, 1);
    Atomics.wait(words, ${control.signal}, signal);
    Atomics.sub(words, ${control.resting}, 1);
  }
};
const workers = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (workers) {
  const {parentPort} = workers;
  parentPort.once('message', (start) => { run(start); parentPort.postMessage('ended'); });
} else {
  onmessage = ({data}) => { run(data); postMessage('ended'); close(); };
}
`;

/**
 * Starts a thread for every workspace; each trains until the memory's command is to end.
 *
 * @returns promises for the end of each, rejected where it fails.
 */
export function startThreads(module: WebAssembly.Module, training: TrainingMemory): Promise<void>[] {
  const {memory, plan, workspaces, controlAt} = training;
  return workspaces.map((workspace) => startThread({module, memory, plan, workspace, controlAt}));
}

function startThread(start: object): Promise<void> {
  const workers = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => reject(new BackendError(`A thread that trains failed: ${String(reason)}`));
    if (workers) {
      const thread = new workers.Worker(program, {eval: true});
      thread.once('message', () => resolve());
      thread.once('error', fail);
      thread.once('exit', (code) => fail(`it ended with code ${code}`)); // after `ended` this changes nothing
      thread.postMessage(start);
    } else {
      const address = URL.createObjectURL(new Blob([program], {type: 'text/javascript'}));
      const thread = new Worker(address);
      thread.onmessage = () => {
        URL.revokeObjectURL(address);
        resolve();
      };
      thread.onerror = ({message}) => fail(message);
      thread.postMessage(start);
    }
  });
}

/** How many threads can run at once here. */
export function coresHere(): number {
  return globalThis.process?.getBuiltinModule?.('node:os').availableParallelism() ?? navigator.hardwareConcurrency;
}

/** Whether threads can share memory: always in Node, in a page where it is cross-origin isolated. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer !== 'function') return false;
  return globalThis.process?.getBuiltinModule !== undefined || globalThis.crossOriginIsolated;
}
