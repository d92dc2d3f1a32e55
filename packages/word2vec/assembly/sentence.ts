import { Plan, setWord, wordAt } from "./memory";
import { random } from "./random";

/** Copies the ids of a chunk but for those that subsampling drops; returns how many are left. */
export function keepWords(plan: Plan, ids: usize, count: u32, sentence: usize): u32 {
  let kept: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const id = wordAt(ids, index);
    if (<u32>(random() >> 32) > wordAt(plan.keepThresholds, id)) continue;
    setWord(sentence, kept, id);
    kept += 1;
  }
  return kept;
}
