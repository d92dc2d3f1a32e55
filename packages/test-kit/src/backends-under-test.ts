import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {enableProdMode, engine, setBackend} from '@tensorflow/tfjs-core';

enableProdMode(); // or the cpu backend advertises another one in every test file

/** The backends every machine has. */
const everywhere = ['cpu', 'wasm'];

/**
 * Which of the backends under test run here. One that is `required` must be there; of any other that is not, a line is
 * printed, because its tests will not be in the counts.
 */
export async function findBackends(required: string[], runs: (name: string) => Promise<boolean>): Promise<string[]> {
  const found: string[] = [];
  for (const name of new Set([...everywhere, ...required])) {
    if (await runs(name)) found.push(name);
    else if (required.includes(name)) {
      throw new Error(`The backend ${name} is required (REQUIRE_BACKENDS) and not there.`);
    } else console.warn(`The backend ${name} is not there; its tests are left out.`);
  }
  return found;
}

async function runsHere(name: string): Promise<boolean> {
  return name in engine().registryFactory && (await setBackend(name).catch(() => false));
}

/** The backends that must be there, `REQUIRE_BACKENDS=cpu,wasm`: where one is missing no test file starts. */
const required = (process.env.REQUIRE_BACKENDS ?? '')
  .split(',')
  .map((name) => name.trim())
  .filter(Boolean);

/** The names of the backends that the tests of this run are about. */
export const backendsUnderTest = await findBackends(required, runsHere);
