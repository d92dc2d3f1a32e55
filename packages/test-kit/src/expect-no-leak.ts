import {memory} from '@tensorflow/tfjs-core';

/** Throws where running `f` leaves more or fewer tensors, or buffers behind them, than there were. */
export async function expectNoLeak(f: () => void | Promise<void>): Promise<void> {
  const before = memory();
  await f();
  const after = memory();
  for (const kind of ['numTensors', 'numDataBuffers'] as const) {
    if (after[kind] !== before[kind]) throw new Error(`${kind} went from ${before[kind]} to ${after[kind]}`);
  }
}
