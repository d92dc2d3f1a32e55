// A whole LSTM sequence, forward and backward. Gate order i, f, c, o; the equations stand in src/lstm/lstm.ts.
//
// Forward: a step's gates [B, 4H] start as the input's part (bias included), gain one product with the packed recurrent
// kernel, and are activated in one pass, which leaves them as the gradient needs them.
// Backward: each step is one pass, which turns the activated gates, in place, into the gradient of their
// pre-activations, and one product that carries it to the step before. What concerns the weights waits until the loop is over and is then one
// product for all steps.

import { sigmoid, tanh } from "./activation";
import { read, write } from "./lanes";
import { addColumnSums, addRowsAt, copyRows, fillRows } from "./rows";
import { matrixProduct, packMatrix, packedBytes, packedProduct, transpose } from "./matrix-product";
import { at, free, malloc } from "./memory";

@inline
function activate(gates: usize, hidden: i32, cellBefore: usize, cell: usize, output: usize, single: bool): void {
  const iGate = gates, fGate = at(gates, hidden), cGate = at(fGate, hidden), oGate = at(cGate, hidden);
  const i = sigmoid(read(iGate, single));
  const f = sigmoid(read(fGate, single));
  const c = tanh(read(cGate, single));
  const o = sigmoid(read(oGate, single));
  write(iGate, i, single);
  write(fGate, f, single);
  write(cGate, c, single);
  write(oGate, o, single);
  const state = f32x4.add(f32x4.mul(f, read(cellBefore, single)), f32x4.mul(i, c));
  write(cell, state, single);
  write(output, f32x4.mul(o, tanh(state)), single);
}

@inline
function differentiate(
  gates: usize, hidden: i32, cellBefore: usize, cell: usize,
  dOutput: usize, dHidden: usize, dCell: usize, single: bool,
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
  const di = f32x4.mul(f32x4.mul(dState, c), f32x4.mul(i, f32x4.sub(one, i)));
  const df = f32x4.mul(f32x4.mul(dState, read(cellBefore, single)), f32x4.mul(f, f32x4.sub(one, f)));
  const dc = f32x4.mul(f32x4.mul(dState, i), f32x4.sub(one, f32x4.mul(c, c)));
  const dO = f32x4.mul(f32x4.mul(dh, squashed), f32x4.mul(o, f32x4.sub(one, o)));
  write(gates, di, single);
  write(at(gates, hidden), df, single);
  write(at(gates, 2 * hidden), dc, single);
  write(at(gates, 3 * hidden), dO, single);
  write(dCell, f32x4.mul(dState, f), single);
}

/**
 * @param ids where not 0: [T, B] int32 rows of `kernel`; else `x` is [T, B, inputSize].
 * @param gates, outputs, cells filled: [T, B, 4H], [T, B, H], [T, B, H].
 */
export function lstmForward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, bias: usize, initialHidden: usize, initialCell: usize,
  gates: usize, outputs: usize, cells: usize,
): void {
  const width = 4 * hidden;
  const inputPanels: usize = ids ? 0 : malloc(packedBytes(width, inputSize));
  if (inputPanels) packMatrix(inputSize, width, kernel, width, 1, inputPanels);
  const panels = malloc(packedBytes(width, hidden));
  packMatrix(hidden, width, recurrentKernel, width, 1, panels);
  let hiddenBefore = initialHidden, cellBefore = initialCell;
  for (let step = 0; step < steps; step++) {
    // One step at a time, so that its gates are still in the cache when the recurrent product adds to them.
    if (ids) {
      copyRows(batch, width, kernel, at(ids, step * batch), bias, gates);
    } else {
      fillRows(batch, width, bias, gates);
      packedProduct(batch, width, inputSize, at(x, step * batch * inputSize), inputPanels, gates, width, true);
    }
    packedProduct(batch, width, hidden, hiddenBefore, panels, gates, width, true);
    for (let row = 0; row < batch; row++) {
      const g = at(gates, row * width), first = row * hidden;
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        activate(at(g, unit), hidden, at(cellBefore, first + unit), at(cells, first + unit), at(outputs, first + unit), false);
      }
      for (; unit < hidden; unit++) {
        activate(at(g, unit), hidden, at(cellBefore, first + unit), at(cells, first + unit), at(outputs, first + unit), true);
      }
    }
    hiddenBefore = outputs;
    cellBefore = cells;
    gates = at(gates, batch * width);
    outputs = at(outputs, batch * hidden);
    cells = at(cells, batch * hidden);
  }
  free(panels);
  if (inputPanels) free(inputPanels);
}

/**
 * @param gates [T, B, 4H], activated; used up: on return it holds the gradient of the pre-activations.
 * @param dHidden, dCell [B, H]: on entry the gradient of the final state, on return that of the initial state.
 * @param dX 0 where it is not wanted (always with ids), else [T, B, inputSize], filled.
 * @param dKernel, dRecurrentKernel, dBias filled.
 */
export function lstmBackward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, initialHidden: usize, initialCell: usize,
  gates: usize, outputs: usize, cells: usize,
  dOutputs: usize, dHidden: usize, dCell: usize,
  dX: usize, dKernel: usize, dRecurrentKernel: usize, dBias: usize,
): void {
  const width = 4 * hidden, rows = steps * batch, stateSize = batch * hidden;
  memory.fill(dBias, 0, <usize>width << 2);
  if (ids) memory.fill(dKernel, 0, (<usize>inputSize * <usize>width) << 2);
  const panels = malloc(packedBytes(hidden, width));
  packMatrix(width, hidden, recurrentKernel, 1, width, panels); // the transpose
  for (let step = steps - 1; step >= 0; step--) {
    const g = at(gates, step * batch * width);
    const cell = at(cells, step * stateSize), dOutput = at(dOutputs, step * stateSize);
    const cellBefore = step > 0 ? at(cells, (step - 1) * stateSize) : initialCell;
    for (let row = 0; row < batch; row++) {
      const first = row * hidden;
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        const n = first + unit, m = row * width + unit;
        differentiate(
          at(g, m), hidden, at(cellBefore, n), at(cell, n), at(dOutput, n), at(dHidden, n), at(dCell, n), false,
        );
      }
      for (; unit < hidden; unit++) {
        const n = first + unit, m = row * width + unit;
        differentiate(
          at(g, m), hidden, at(cellBefore, n), at(cell, n), at(dOutput, n), at(dHidden, n), at(dCell, n), true,
        );
      }
    }
    packedProduct(batch, hidden, width, g, panels, dHidden, hidden, false);
    // Sums over the rows of this step, while they are in the cache.
    addColumnSums(batch, width, g, dBias);
    if (ids) addRowsAt(batch, width, g, at(ids, step * batch), dKernel);
  }
  free(panels);

  // The state before each step, transposed [H, T B]: the initial one, then all outputs but the last.
  const before = malloc((<usize>hidden * <usize>rows) << 2);
  if (steps > 0) transpose(batch, hidden, initialHidden, before, rows);
  if (steps > 1) transpose(rows - batch, hidden, outputs, at(before, batch), rows);
  matrixProduct(hidden, width, rows, before, false, gates, false, dRecurrentKernel, false);
  free(before);
  if (!ids) matrixProduct(inputSize, width, rows, x, true, gates, false, dKernel, false);
  if (dX) matrixProduct(rows, inputSize, width, gates, false, kernel, true, dX, false);
}
