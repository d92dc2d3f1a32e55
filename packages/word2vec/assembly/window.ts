import { gradientsOf, measureLoss } from "./logistic";
import { Plan, setWord, wordAt, Workspace } from "./memory";
import { hierarchicalSoftmax, negativeSampling } from "./outputs";
import { dotOneByThree, dotTwoByThree, updateOneByThree, updateTwoByThree } from "./tile";

/** Lists the rows of the words around `centre`; returns how many. */
@inline
function listContext(plan: Plan, space: Workspace, first: u32, centre: u32, end: u32): u32 {
  let count: u32 = 0;
  for (let position = first; position < end; position++) {
    if (position == centre) continue;
    setWord(space.contextRows, count, <u32>(plan.inputs + wordAt(space.sentence, position) * plan.rowBytes));
    count += 1;
  }
  return count;
}

/** Every word of the context predicts the centre by itself, all against the same rows. */
@inline
function skipGram(plan: Plan, space: Workspace, contexts: u32, outputs: u32, measured: bool): void {
  const rowBytes = plan.rowBytes;
  const padded = (outputs + 2) / 3 * 3;
  const line = (padded + 3) / 4 * 4 << 2;
  const whole = contexts & ~1;
  const end = space.scores + <usize>contexts * line;
  for (let context: u32 = 0, scores = space.scores; context < whole; context += 2, scores += 2 * line) {
    const x = wordAt(space.contextRows, context), y = wordAt(space.contextRows, context + 1);
    for (let at: u32 = 0; at < padded << 2; at += 12) {
      dotTwoByThree(x, y, space.outputRows + at, rowBytes, scores + at, scores + line + at);
    }
  }
  if (whole < contexts) {
    const x = wordAt(space.contextRows, whole);
    for (let at: u32 = 0; at < padded << 2; at += 12) dotOneByThree(x, space.outputRows + at, rowBytes, end - line + at);
  }
  if (measured) {
    for (let scores = space.scores; scores < end; scores += line) measureLoss(space, scores, outputs);
  }
  for (let scores = space.scores; scores < end; scores += line) gradientsOf(space, scores, padded);
  for (let context: u32 = 0, scores = space.scores; context < whole; context += 2, scores += 2 * line) {
    const x = wordAt(space.contextRows, context), y = wordAt(space.contextRows, context + 1);
    for (let at: u32 = 0; at < padded << 2; at += 12) {
      updateTwoByThree(x, y, space.outputRows + at, rowBytes, scores + at, scores + line + at);
    }
  }
  if (whole < contexts) {
    const x = wordAt(space.contextRows, whole);
    for (let at: u32 = 0; at < padded << 2; at += 12) {
      updateOneByThree(x, x, space.outputRows + at, rowBytes, end - line + at);
    }
  }
}

/**
 * The context, as one vector, predicts the centre; every word of it takes the whole change of that vector. For a sum that
 * is its gradient, for a mean as many times it as there are words: so word2vec.c and gensim train, and the vectors of a
 * small text become much better (docs/decisions/0012).
 */
@inline
function cbow(plan: Plan, space: Workspace, contexts: u32, outputs: u32, measured: bool): void {
  const rowBytes = plan.rowBytes;
  const padded = (outputs + 2) / 3 * 3;
  const share = f32x4.splat(plan.mean ? 1 / <f32>contexts : 1);
  for (let at: u32 = 0; at < rowBytes; at += 16) {
    let sum = f32x4.splat(0);
    for (let context: u32 = 0; context < contexts; context++) {
      sum = f32x4.add(sum, v128.load(wordAt(space.contextRows, context) + at));
    }
    v128.store(space.context + at, f32x4.mul(sum, share));
    v128.store(space.contextChange + at, f32x4.splat(0));
  }
  for (let at: u32 = 0; at < padded << 2; at += 12) {
    dotOneByThree(space.context, space.outputRows + at, rowBytes, space.scores + at);
  }
  if (measured) measureLoss(space, space.scores, outputs);
  gradientsOf(space, space.scores, padded);
  for (let at: u32 = 0; at < padded << 2; at += 12) {
    updateOneByThree(space.context, space.contextChange, space.outputRows + at, rowBytes, space.scores + at);
  }
  for (let context: u32 = 0; context < contexts; context++) {
    const row = wordAt(space.contextRows, context);
    for (let at: u32 = 0; at < rowBytes; at += 16) {
      v128.store(row + at, f32x4.add(v128.load(row + at), v128.load(space.contextChange + at)));
    }
  }
}

/** Trains on the words from `first` to `end` around `centre`, at places of the sentence. */
@inline
export function trainWindow(
  plan: Plan, space: Workspace, first: u32, centre: u32, end: u32, rate: f32, measured: bool,
): void {
  const contexts = listContext(plan, space, first, centre, end);
  if (contexts == 0) return;
  const word = wordAt(space.sentence, centre);
  const outputs = plan.negativeSamples > 0
    ? negativeSampling(plan, space, word, rate)
    : hierarchicalSoftmax(plan, space, word, rate);
  if (plan.cbow) cbow(plan, space, contexts, outputs, measured);
  else skipGram(plan, space, contexts, outputs, measured);
}
