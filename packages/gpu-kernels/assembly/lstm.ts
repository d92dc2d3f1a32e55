// A whole LSTM sequence, forward and backward. Gate order i, f, c, o; the equations stand in src/lstm/lstm.ts.
//
// Forward: a step's gates [B, 4H] start as the input's part (bias included), gain one product with the packed recurrent
// kernel, and are activated in one pass, which leaves them as the gradient needs them.
// Backward: each step is one pass, which turns the activated gates, in place, into the gradient of their
// pre-activations, and one product that carries it to the step before. What concerns the weights waits until the loop is
// over and is then one product for all steps.

import { sigmoid, tanh } from "./activation";
import { read, write } from "./lanes";
import { addColumnSums, addRowsAt, copyRows, fillRows } from "./rows";
import { matrixProduct, packMatrix, packedBytes, packedProduct } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { ended, keepState, statesBefore } from "./sequence";

@inline
function activate(
  gates: usize, hidden: i32, cellBefore: usize, cell: usize, output: usize, mask: usize, masked: bool, single: bool,
): void {
  const iGate = gates, fGate = at(gates, hidden), cGate = at(fGate, hidden), oGate = at(cGate, hidden);
  const i = sigmoid(read(iGate, single));
  const f = sigmoid(read(fGate, single));
  const c = tanh(read(cGate, single));
  const o = sigmoid(read(oGate, single));
  write(iGate, i, single);
  write(fGate, f, single);
  write(cGate, c, single);
  write(oGate, o, single);
  const candidate = masked ? f32x4.mul(c, read(mask, single)) : c;
  const state = f32x4.add(f32x4.mul(f, read(cellBefore, single)), f32x4.mul(i, candidate));
  write(cell, state, single);
  write(output, f32x4.mul(o, tanh(state)), single);
}

@inline
function differentiate(
  gates: usize, hidden: i32, cellBefore: usize, cell: usize,
  dOutput: usize, dHidden: usize, dCell: usize, mask: usize, masked: bool, single: bool,
): void {
  const one = f32x4.splat(1);
  const i = read(gates, single), f = read(at(gates, hidden), single);
  const c = read(at(gates, 2 * hidden), single), o = read(at(gates, 3 * hidden), single);
  const squashed = tanh(read(cell, single));
  const dh = f32x4.add(read(dOutput, single), read(dHidden, single));
  const dState = f32x4.add(
    read(dCell, single),
    f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(squashed, squashed))),
  );
  const dCandidate = masked ? f32x4.mul(dState, read(mask, single)) : dState;
  const di = f32x4.mul(f32x4.mul(dCandidate, c), f32x4.mul(i, f32x4.sub(one, i)));
  const df = f32x4.mul(f32x4.mul(dState, read(cellBefore, single)), f32x4.mul(f, f32x4.sub(one, f)));
  const dc = f32x4.mul(f32x4.mul(dCandidate, i), f32x4.sub(one, f32x4.mul(c, c)));
  const dO = f32x4.mul(f32x4.mul(dh, squashed), f32x4.mul(o, f32x4.sub(one, o)));
  write(gates, di, single);
  write(at(gates, hidden), df, single);
  write(at(gates, 2 * hidden), dc, single);
  write(at(gates, 3 * hidden), dO, single);
  write(dCell, f32x4.mul(dState, f), single);
}

/** A row of all units; `masked` is a constant wherever this is inlined. */
@inline
function activateRow(
  gates: usize, hidden: i32, cellBefore: usize, cell: usize, output: usize, mask: usize, masked: bool,
): void {
  let n = 0;
  for (; n + 4 <= hidden; n += 4) {
    activate(at(gates, n), hidden, at(cellBefore, n), at(cell, n), at(output, n), at(mask, n), masked, false);
  }
  for (; n < hidden; n++) {
    activate(at(gates, n), hidden, at(cellBefore, n), at(cell, n), at(output, n), at(mask, n), masked, true);
  }
}

@inline
function differentiateRow(
  gates: usize, hidden: i32, cellBefore: usize, cell: usize,
  dOutput: usize, dHidden: usize, dCell: usize, mask: usize, masked: bool,
): void {
  let n = 0;
  for (; n + 4 <= hidden; n += 4) {
    differentiate(
      at(gates, n), hidden, at(cellBefore, n), at(cell, n), at(dOutput, n), at(dHidden, n), at(dCell, n), at(mask, n),
      masked, false,
    );
  }
  for (; n < hidden; n++) {
    differentiate(
      at(gates, n), hidden, at(cellBefore, n), at(cell, n), at(dOutput, n), at(dHidden, n), at(dCell, n), at(mask, n),
      masked, true,
    );
  }
}

/**
 * @param ids where not 0: [T, B] int32 rows of `kernel`; else `x` is [T, B, inputSize].
 * @param gates, outputs, cells filled: [T, B, 4H], [T, B, H], [T, B, H]. In rows whose sequence has ended `outputs` and
 *   `cells` hold the state that passes; see `clearPadding`.
 * @param lengths [B] int32, or 0 where all sequences have T steps.
 * @param masks [T, B, H] factors of the candidate, or 0.
 * @param reverse from the last step to the first.
 */
export function lstmForward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, bias: usize, initialHidden: usize, initialCell: usize,
  gates: usize, outputs: usize, cells: usize, lengths: usize, masks: usize, reverse: bool,
): void {
  const width = 4 * hidden, stateSize = batch * hidden;
  const inputPanels: usize = ids ? 0 : malloc(packedBytes(width, inputSize));
  if (inputPanels) packMatrix(inputSize, width, kernel, width, 1, inputPanels);
  const panels = malloc(packedBytes(width, hidden));
  packMatrix(hidden, width, recurrentKernel, width, 1, panels);
  let hiddenBefore = initialHidden, cellBefore = initialCell;
  for (let index = 0; index < steps; index++) {
    const step = reverse ? steps - 1 - index : index;
    const g = at(gates, step * batch * width);
    const output = at(outputs, step * stateSize), cell = at(cells, step * stateSize);
    const mask = at(masks, step * stateSize);
    // One step at a time, so that its gates are still in the cache when the recurrent product adds to them.
    if (ids) {
      copyRows(batch, width, kernel, at(ids, step * batch), bias, g);
    } else {
      fillRows(batch, width, bias, g);
      packedProduct(batch, width, inputSize, at(x, step * batch * inputSize), inputPanels, g, width, true);
    }
    packedProduct(batch, width, hidden, hiddenBefore, panels, g, width, true);
    for (let row = 0; row < batch; row++) {
      const n = row * hidden, m = at(g, row * width);
      if (masks) activateRow(m, hidden, at(cellBefore, n), at(cell, n), at(output, n), at(mask, n), true);
      else activateRow(m, hidden, at(cellBefore, n), at(cell, n), at(output, n), 0, false);
    }
    if (lengths) {
      keepState(batch, hidden, step, lengths, hiddenBefore, output);
      keepState(batch, hidden, step, lengths, cellBefore, cell);
    }
    hiddenBefore = output;
    cellBefore = cell;
  }
  free(panels);
  if (inputPanels) free(inputPanels);
}

/**
 * @param gates [T, B, 4H], activated; used up: on return it holds the gradient of the pre-activations.
 * @param dHidden, dCell [B, H]: on entry the gradient of the final state, on return that of the initial state.
 * @param dX 0 where it is not wanted (always with ids), else [T, B, inputSize], filled.
 * @param dKernel, dRecurrentKernel, dBias filled.
 * @param lengths, masks, reverse as forward.
 */
export function lstmBackward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, initialHidden: usize, initialCell: usize,
  gates: usize, outputs: usize, cells: usize,
  dOutputs: usize, dHidden: usize, dCell: usize,
  dX: usize, dKernel: usize, dRecurrentKernel: usize, dBias: usize, lengths: usize, masks: usize, reverse: bool,
): void {
  const width = 4 * hidden, rows = steps * batch, stateSize = batch * hidden;
  memory.fill(dBias, 0, <usize>width << 2);
  if (ids) memory.fill(dKernel, 0, (<usize>inputSize * <usize>width) << 2);
  const panels = malloc(packedBytes(hidden, width));
  packMatrix(width, hidden, recurrentKernel, 1, width, panels); // the transpose
  for (let index = steps - 1; index >= 0; index--) {
    const step = reverse ? steps - 1 - index : index;
    const g = at(gates, step * batch * width);
    const cell = at(cells, step * stateSize), dOutput = at(dOutputs, step * stateSize);
    const cellBefore = index > 0 ? at(cells, (reverse ? step + 1 : step - 1) * stateSize) : initialCell;
    const mask = at(masks, step * stateSize);
    for (let row = 0; row < batch; row++) {
      const n = row * hidden, m = at(g, row * width);
      if (ended(lengths, row, step)) {
        memory.fill(m, 0, <usize>width << 2);
        continue;
      }
      const before = at(cellBefore, n), dO = at(dOutput, n), dH = at(dHidden, n), dC = at(dCell, n);
      if (masks) differentiateRow(m, hidden, before, at(cell, n), dO, dH, dC, at(mask, n), true);
      else differentiateRow(m, hidden, before, at(cell, n), dO, dH, dC, 0, false);
      if (lengths) memory.fill(dH, 0, <usize>hidden << 2);
    }
    // Where sequences may have ended the product is added: to zeros in the others, to what passes in those.
    packedProduct(batch, hidden, width, g, panels, dHidden, hidden, lengths != 0);
    // Sums over the rows of this step, while they are in the cache.
    addColumnSums(batch, width, g, dBias);
    if (ids) addRowsAt(batch, width, g, at(ids, step * batch), dKernel);
  }
  free(panels);

  const before = malloc((<usize>hidden * <usize>rows) << 2);
  statesBefore(steps, batch, hidden, initialHidden, outputs, lengths, reverse, before);
  matrixProduct(hidden, width, rows, before, false, gates, false, dRecurrentKernel, false);
  free(before);
  if (!ids) matrixProduct(inputSize, width, rows, x, true, gates, false, dKernel, false);
  if (dX) matrixProduct(rows, inputSize, width, gates, false, kernel, true, dX, false);
}
