// Training of word vectors by threads that claim chunks of the text and change the same vectors without locks
// (Recht et al. 2011, "Hogwild"): two threads seldom meet in a row, and what is then lost is a small step.

import { Plan, Workspace } from "./memory";
import { randomBelow, seedRandom } from "./random";
import { keepWords } from "./sentence";
import { trainWindow } from "./window";

/** Of every how many windows the loss is measured, a power of two; all of them would cost a tenth of the time. */
const MEASURED: u32 = 32;

/**
 * Trains on one more chunk, if there is one that was read from the corpus and that nobody has claimed. One at a time:
 * V8 optimises a function only when it is next called.
 *
 * @returns whether there was one.
 */
export function trainNextChunk(planAt: usize, workspaceAt: usize): bool {
  const plan = changetype<Plan>(planAt), space = changetype<Workspace>(workspaceAt);
  let chunk: u32 = 0, owner: usize = 0;
  do {
    chunk = atomic.load<u32>(plan.nextChunk);
    if (chunk >= plan.chunks) return false;
    owner = plan.slotOwners + (<usize>(chunk % plan.slots) << 2);
    if (atomic.load<u32>(owner) != chunk + 1) return false;
  } while (atomic.cmpxchg<u32>(plan.nextChunk, chunk, chunk + 1) != chunk);

  // All that is random hangs on the chunk, not on who trains on it.
  seedRandom((<u64>plan.seedHigh << 32) | plan.seedLow, chunk);
  const done = <f64>chunk / plan.chunks;
  const rate = <f32>(plan.learningRate - done * (plan.learningRate - plan.minimumLearningRate));
  const isLast = (chunk + 1) % plan.chunksPerEpoch == 0;
  const length = isLast ? plan.lastChunkLength : plan.chunkLength;
  const ids = plan.slotIds + (<usize>((chunk % plan.slots) * plan.chunkLength) << 2);
  const kept = keepWords(plan, ids, length, space.sentence);
  atomic.store<u32>(owner, 0);

  for (let centre: u32 = 0; centre < kept; centre++) {
    const reach: u32 = 1 + randomBelow(plan.window);
    const first: u32 = centre < reach ? 0 : centre - reach;
    trainWindow(plan, space, first, centre, min(centre + reach + 1, kept), rate, centre % MEASURED == 0);
  }
  return true;
}
