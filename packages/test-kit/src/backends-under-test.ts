import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {enableProdMode, engine, setBackend} from '@tensorflow/tfjs-core';

enableProdMode(); // or the cpu backend advertises another one in every test file

/** The backends every machine has. */
const everywhere = ['cpu', 'wasm'];

/** The backends that must be there: `REQUIRE_BACKENDS=cpu,wasm`. A missing one makes the tests fail to start. */
const required = (process.env.REQUIRE_BACKENDS ?? '').split(',').filter(Boolean);

async function runs(name: string): Promise<boolean> {
  return name in engine().registryFactory && (await setBackend(name).catch(() => false));
}

async function findBackends(): Promise<string[]> {
  const found: string[] = [];
  for (const name of new Set([...everywhere, ...required])) {
    if (await runs(name)) found.push(name);
    else if (required.includes(name))
      throw new Error(`The backend ${name} is required (REQUIRE_BACKENDS) and not there.`);
    else console.warn(`The backend ${name} is not there; its tests are left out.`);
  }
  return found;
}

/** The names of the backends that the tests of this run are about. */
export const backendsUnderTest = await findBackends();
