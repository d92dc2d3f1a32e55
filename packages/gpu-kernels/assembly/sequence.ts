// What the recurrent kernels share: the order of time, and the padding behind short sequences.

import { transpose } from "./matrix-product";
import { at } from "./memory";

/** Whether the sequence of `row` has ended before `step`; `lengths` [B] int32, or 0 where none ends early. */
@inline
export function ended(lengths: usize, row: i32, step: i32): bool {
  return lengths != 0 && step >= load<i32>(at(lengths, row));
}

/** In rows whose sequence has ended before `step`, the state [B, hidden] stays what it was. */
export function keepState(batch: i32, hidden: i32, step: i32, lengths: usize, before: usize, state: usize): void {
  for (let row = 0; row < batch; row++) {
    if (ended(lengths, row, step)) {
      memory.copy(at(state, row * hidden), at(before, row * hidden), <usize>hidden << 2);
    }
  }
}

/** Outputs [T, B, hidden] behind the end of their sequence become zeros. */
export function clearPadding(steps: i32, batch: i32, hidden: i32, lengths: usize, outputs: usize): void {
  for (let step = 0; step < steps; step++) {
    for (let row = 0; row < batch; row++) {
      if (ended(lengths, row, step)) memory.fill(at(outputs, (step * batch + row) * hidden), 0, <usize>hidden << 2);
    }
  }
}

/**
 * The hidden state before each step, transposed [hidden, T B]: the initial one, then the outputs of all steps but the
 * last that was computed.
 */
export function statesBefore(
  steps: i32, batch: i32, hidden: i32, initial: usize, outputs: usize, lengths: usize, reverse: bool, before: usize,
): void {
  if (steps == 0) return;
  const rows = steps * batch, others = rows - batch;
  transpose(batch, hidden, initial, reverse ? at(before, others) : before, rows);
  if (reverse) transpose(others, hidden, at(outputs, batch * hidden), before, rows);
  else transpose(others, hidden, outputs, at(before, batch), rows);
  if (!reverse || !lengths) return;
  // Read backwards, a short sequence starts at its own last step.
  for (let row = 0; row < batch; row++) {
    const length = load<i32>(at(lengths, row));
    if (length <= 0 || length >= steps) continue;
    transpose(1, hidden, at(initial, row * hidden), at(before, (length - 1) * batch + row), rows);
  }
}

/** Where the hidden state [hidden] of one row before one step lies; the row's sequence must not have ended. */
@inline
export function stateBefore(
  step: i32, row: i32, steps: i32, batch: i32, hidden: i32, initial: usize, outputs: usize, lengths: usize,
  reverse: bool,
): usize {
  const next = step + 1;
  const isFirst = reverse ? next == steps || ended(lengths, row, next) : step == 0;
  if (isFirst) return at(initial, row * hidden);
  return at(outputs, ((reverse ? next : step - 1) * batch + row) * hidden);
}
