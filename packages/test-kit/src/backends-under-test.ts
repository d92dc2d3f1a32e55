import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {enableProdMode, engine, setBackend} from '@tensorflow/tfjs-core';

enableProdMode(); // or the cpu backend advertises another one in every test file

/**
 * Which of the backends wanted run here. One that is `required` must be there; of any other that is not, a line is
 * printed, because its tests will not be in the counts.
 */
export async function findBackends(
  wanted: string[],
  required: string[],
  runs: (name: string) => Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  for (const name of new Set([...wanted, ...required])) {
    if (await runs(name)) found.push(name);
    else if (required.includes(name)) {
      throw new Error(`The backend ${name} is required (REQUIRE_BACKENDS) and not there.`);
    } else console.warn(`The backend ${name} is not there; its tests are left out.`);
  }
  if (found.length === 0) throw new Error(`None of the backends ${wanted.join(', ')} is there.`);
  return found;
}

/** `wasm-2-threads` is the backend wasm on 2 threads; without a number it is on one. */
export function parseBackend(name: string): {name: string; threads?: number} {
  const [, threads] = /^wasm-(\d+)-threads$/.exec(name) ?? [];
  if (threads) return {name: 'wasm', threads: Number(threads)};
  return name === 'wasm' ? {name, threads: 1} : {name};
}

const inNode = Boolean(globalThis.process?.versions?.node);
if (inNode) process.env.TF_CPP_MIN_LOG_LEVEL ??= '3'; // or TensorFlow introduces itself in every test file

async function runsHere(wanted: string): Promise<boolean> {
  const {name, threads} = parseBackend(wanted);
  if (threads && threads > 1) return inNode || globalThis.crossOriginIsolated;
  if (name === 'webgpu') return findsAdapter();
  if (name === 'tensorflow') return optional('@tensorflow/tfjs-node').then(Boolean);
  return name in engine().registryFactory && (await setBackend(name).catch(() => false));
}

/** A package that not every machine has; a bundler need not look for it. */
async function optional<Module>(name: string): Promise<Module | undefined> {
  return import(/* @vite-ignore */ name).catch(() => undefined);
}

/** Whether WebGPU has a device here: the browser's, or in Node that of the package `webgpu`. */
async function findsAdapter(): Promise<boolean> {
  const gpu = inNode ? (await optional<{create(options: string[]): GPU}>('webgpu'))?.create([]) : navigator.gpu;
  return (await gpu?.requestAdapter().catch(() => null)) != null;
}

function listed(names: string | undefined): string[] {
  return (names ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

/** All that can be there in Node; tests in a page name theirs. */
const everyBackend = ['cpu', 'wasm', 'wasm-2-threads', 'webgpu', 'tensorflow'];

/** `BACKENDS=webgpu,cpu` limits a run to these. */
const wanted = listed(process.env.BACKENDS);

/** The backends that must be there, `REQUIRE_BACKENDS=cpu,wasm`: where one is missing no test file starts. */
const required = listed(process.env.REQUIRE_BACKENDS);

/** The names of the backends that the tests of this run are about; `startBackend` starts one. */
export const backendsUnderTest = await findBackends(wanted.length > 0 ? wanted : everyBackend, required, runsHere);

/** Starts a backend under test with the `useBackend` of the package that is tested. */
export async function startBackend(
  useBackend: (name: never, options: never) => Promise<unknown>,
  backend: string,
): Promise<void> {
  const {name, threads} = parseBackend(backend);
  await useBackend(name as never, {threads} as never);
}
