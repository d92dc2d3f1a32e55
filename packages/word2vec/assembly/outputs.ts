// What a word is predicted against: rows with labels. Both losses are logistic regressions of a few rows, so all that
// differs is which.

import { Plan, setWord, wordAt, Workspace } from "./memory";
import { random } from "./random";

@inline
function setOutput(space: Workspace, index: u32, row: usize, label: f32, rate: f32): void {
  setWord(space.outputRows, index, <u32>row);
  store<f32>(space.labels + (<usize>index << 2), label * rate);
  store<f32>(space.rates + (<usize>index << 2), rate);
}

/** Rows of zeros at no rate, up to a whole number of tiles. */
@inline
function fillUp(space: Workspace, count: u32): void {
  for (let index = count; index % 3 != 0; index++) setOutput(space, index, space.zeros, 0, 0);
}

@inline
function drawNegative(plan: Plan): u32 {
  const bits = random();
  const place = <u32>(((bits >> 32) * plan.vocabularySize) >> 32);
  return <u32>bits <= wordAt(plan.aliasThresholds, place) ? place : wordAt(plan.aliases, place);
}

/** The word itself, and words drawn from counts^0.75; one that is the word itself is left out. Returns how many. */
@inline
export function negativeSampling(plan: Plan, space: Workspace, word: u32, rate: f32): u32 {
  setOutput(space, 0, plan.outputs + <usize>word * plan.rowBytes, 1, rate);
  let count: u32 = 1;
  for (let sample: u32 = 0; sample < plan.negativeSamples; sample++) {
    const negative = drawNegative(plan);
    if (negative == word) continue;
    setOutput(space, count, plan.outputs + <usize>negative * plan.rowBytes, 0, rate);
    count += 1;
  }
  fillUp(space, count);
  return count;
}

/** The nodes on the way to the word, the branches to take being the labels (0 is labelled 1, as in word2vec.c). */
@inline
export function hierarchicalSoftmax(plan: Plan, space: Workspace, word: u32, rate: f32): u32 {
  const start = wordAt(plan.pathStarts, word);
  const count = wordAt(plan.pathStarts, word + 1) - start;
  for (let index: u32 = 0; index < count; index++) {
    const step = wordAt(plan.pathSteps, start + index);
    setOutput(space, index, plan.outputs + <usize>(step >> 1) * plan.rowBytes, (step & 1) == 0 ? 1 : 0, rate);
  }
  fillUp(space, count);
  return count;
}
