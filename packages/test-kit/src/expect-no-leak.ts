import {engine, memory} from '@tensorflow/tfjs-core';

/** What the engine counts, and what the backend holds: the latter shows buffers that never became a tensor. */
function counts() {
  const {numTensors, numDataBuffers} = memory();
  return {tensors: numTensors, 'data buffers': numDataBuffers, 'buffers of the backend': engine().backend.numDataIds()};
}

/** Throws where running `f` leaves more or fewer tensors, or buffers behind them, than there were. */
export async function expectNoLeak(f: () => void | Promise<void>): Promise<void> {
  const before = counts();
  await f();
  const after = counts();
  for (const kind of Object.keys(before) as (keyof typeof before)[]) {
    if (after[kind] !== before[kind]) throw new Error(`${before[kind]} ${kind} before, ${after[kind]} after`);
  }
}
