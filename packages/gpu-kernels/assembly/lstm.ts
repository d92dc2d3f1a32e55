// A whole LSTM sequence, forward and backward. Gate order i, f, c, o; the equations stand in src/lstm/lstm.ts.
//
// Forward: a step's gates [B, 4H] start as the input's part (bias included), gain one product with the packed recurrent
// kernel, and are activated in one pass, which leaves them as the gradient needs them.
// Backward: each step is one pass, which turns the activated gates, in place, into the gradient of their
// pre-activations, and one product that carries it to the step before. What concerns the weights waits until the loop is
// over and is then one product for all steps.
//
// Sequences do not meet before that: each thread carries some of the batch through all steps. Of a thin batch each does some
// of the units, whose weights stay in the caches of its core, and at every step they meet.

import { sigmoid, tanh } from "./activation";
import { GATE_GRADIENTS, LSTM_BACKWARD, LSTM_FORWARD, LSTM_UNITS } from "./jobs";
import { read, write } from "./lanes";
import { addRow, copyRows, fillRows, sumOfRows } from "./rows";
import { matrixProduct, packedProduct } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { ended, keepState, statesBefore } from "./sequence";
import { thinProductColumns } from "./thin-product";
import { chunksOf, rowsPerChunk, share } from "./threads";
import { addProduct, freeWeights, layOut, packTransposed, Weights } from "./weights";

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

/** Some units of a row; `masked` is a constant wherever this is inlined. */
@inline
function activateUnits(
  units: i32, gates: usize, hidden: i32, cellBefore: usize, cell: usize, output: usize, mask: usize, masked: bool,
): void {
  let n = 0;
  for (; n + 4 <= units; n += 4) {
    activate(at(gates, n), hidden, at(cellBefore, n), at(cell, n), at(output, n), at(mask, n), masked, false);
  }
  for (; n < units; n++) {
    activate(at(gates, n), hidden, at(cellBefore, n), at(cell, n), at(output, n), at(mask, n), masked, true);
  }
}

/** All units of a row. */
@inline
export function activateRow(
  gates: usize, hidden: i32, cellBefore: usize, cell: usize, output: usize, mask: usize, masked: bool,
): void {
  activateUnits(hidden, gates, hidden, cellBefore, cell, output, mask, masked);
}

@inline
export function differentiateRow(
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

/** Columns of gradients that one thread sums. */
const STRIPE: i32 = 128;

/** As the parameters of `lstmForward`. */
@unmanaged
export class LSTMForward {
  steps: i32;
  batch: i32;
  inputSize: i32;
  hidden: i32;
  ids: usize;
  x: usize;
  kernel: usize;
  recurrentKernel: usize;
  bias: usize;
  initialHidden: usize;
  initialCell: usize;
  gates: usize;
  outputs: usize;
  cells: usize;
  lengths: usize;
  masks: usize;
  reverse: bool;
  /** `kernel`, unless its rows are looked up by ids, and `recurrentKernel`, laid out. */
  inputWeights: Weights;
  recurrentWeights: Weights;
  chunkRows: i32;
  /** Where threads share units: which of the steps, as they are read, this is. */
  index: i32;
}

/** x W + b for `rows` rows from `start` on. */
export function inputPart(job: LSTMForward, start: i32, rows: i32, gates: usize): void {
  const width = 4 * job.hidden;
  if (job.ids) {
    copyRows(rows, width, job.kernel, at(job.ids, start), job.bias, gates);
  } else {
    fillRows(rows, width, job.bias, gates);
    addProduct(job.inputWeights, rows, at(job.x, start * job.inputSize), gates);
  }
}

/** All steps for some rows of the batch. */
export function lstmForwardRows(job: LSTMForward, chunk: i32): void {
  const steps = job.steps, batch = job.batch, hidden = job.hidden, width = 4 * hidden;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  const lengths = job.lengths ? at(job.lengths, first) : 0;
  let hiddenBefore = at(job.initialHidden, first * hidden), cellBefore = at(job.initialCell, first * hidden);
  for (let index = 0; index < steps; index++) {
    const step = job.reverse ? steps - 1 - index : index;
    const start = step * batch + first;
    const g = at(job.gates, start * width);
    const output = at(job.outputs, start * hidden), cell = at(job.cells, start * hidden);
    // One step at a time, so that its gates are still in the cache when the recurrent product adds to them.
    inputPart(job, start, rows, g);
    addProduct(job.recurrentWeights, rows, hiddenBefore, g);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden, m = at(g, row * width);
      const before = at(cellBefore, n), after = at(cell, n), out = at(output, n);
      if (job.masks) activateRow(m, hidden, before, after, out, at(job.masks, start * hidden + n), true);
      else activateRow(m, hidden, before, after, out, 0, false);
    }
    if (lengths) {
      keepState(rows, hidden, step, lengths, hiddenBefore, output);
      keepState(rows, hidden, step, lengths, cellBefore, cell);
    }
    hiddenBefore = output;
    cellBefore = cell;
  }
}

/** The step `job.index` for some units of all rows. */
export function lstmForwardUnits(job: LSTMForward, chunk: i32): void {
  const batch = job.batch, hidden = job.hidden, width = 4 * hidden, x = job.inputWeights, h = job.recurrentWeights;
  const first = chunk * h.chunkColumns, units = min(hidden - first, h.chunkColumns);
  const step = job.reverse ? job.steps - 1 - job.index : job.index, before = job.reverse ? step + 1 : step - 1;
  const start = step * batch, startBefore = before * batch * hidden;
  const cellBefore = job.index ? at(job.cells, startBefore) : job.initialCell;
  const gates = at(job.gates, start * width);
  for (let row = 0; row < batch; row++) {
    for (let column = first; column < width; column += hidden) {
      const gate = at(gates, row * width + column), bias = at(job.bias, column);
      if (job.ids) sumOfRows(units, at(job.kernel, load<i32>(at(job.ids, start + row)) * width + column), bias, gate);
      else memory.copy(gate, bias, <usize>units << 2);
    }
  }
  if (!job.ids) thinProductColumns(x, chunk);
  thinProductColumns(h, chunk);
  for (let row = 0; row < batch; row++) {
    const n = row * hidden + first, m = at(gates, row * width + first), from = at(cellBefore, n);
    const after = at(job.cells, start * hidden + n), out = at(job.outputs, start * hidden + n);
    if (job.masks) activateUnits(units, m, hidden, from, after, out, at(job.masks, start * hidden + n), true);
    else activateUnits(units, m, hidden, from, after, out, 0, false);
  }
}

/** All steps of a thin batch, one after the other. */
function runByUnits(job: LSTMForward): void {
  const batch = job.batch, hidden = job.hidden, x = job.inputWeights, h = job.recurrentWeights;
  let hiddenBefore = job.initialHidden, cellBefore = job.initialCell;
  for (let index = 0; index < job.steps; index++) {
    const step = job.reverse ? job.steps - 1 - index : index, start = step * batch;
    const output = at(job.outputs, start * hidden), cell = at(job.cells, start * hidden);
    job.index = index;
    h.a = hiddenBefore;
    h.c = at(job.gates, start * 4 * hidden);
    if (!job.ids) {
      x.a = at(job.x, start * job.inputSize);
      x.c = h.c;
    }
    share(LSTM_UNITS, changetype<usize>(job), chunksOf(hidden, h.chunkColumns));
    h.backwards = !h.backwards;
    if (job.lengths) {
      keepState(batch, hidden, step, job.lengths, hiddenBefore, output);
      keepState(batch, hidden, step, job.lengths, cellBefore, cell);
    }
    hiddenBefore = output;
    cellBefore = cell;
  }
}

/** Fills a job for sequences of one length, read from their first step on, and lays out its weights. */
export function beginForward(
  job: LSTMForward, steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, bias: usize, initialHidden: usize, initialCell: usize,
  gates: usize, outputs: usize, cells: usize,
): void {
  job.steps = steps;
  job.batch = batch;
  job.inputSize = inputSize;
  job.hidden = hidden;
  job.ids = ids;
  job.x = x;
  job.kernel = kernel;
  job.recurrentKernel = recurrentKernel;
  job.bias = bias;
  job.initialHidden = initialHidden;
  job.initialCell = initialCell;
  job.gates = gates;
  job.outputs = outputs;
  job.cells = cells;
  job.lengths = 0;
  job.masks = 0;
  job.reverse = false;
  const width = 4 * hidden;
  job.recurrentWeights = layOut(steps, batch, hidden, width, recurrentKernel, width, hidden);
  const chunkColumns = job.recurrentWeights.chunkColumns;
  if (!ids) job.inputWeights = layOut(steps, batch, inputSize, width, kernel, width, hidden, chunkColumns);
}

export function runForward(job: LSTMForward): void {
  if (job.recurrentWeights.bands) return runByUnits(job);
  const batch = job.batch, hidden = job.hidden;
  job.chunkRows = rowsPerChunk(batch, <i64>job.steps * batch * hidden * (4 * hidden));
  share(LSTM_FORWARD, changetype<usize>(job), chunksOf(batch, job.chunkRows));
}

export function endForward(job: LSTMForward): void {
  freeWeights(job.recurrentWeights);
  if (!job.ids) freeWeights(job.inputWeights);
  free(changetype<usize>(job));
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
  const job = changetype<LSTMForward>(malloc(offsetof<LSTMForward>()));
  beginForward(
    job, steps, batch, inputSize, hidden, ids, x, kernel, recurrentKernel, bias, initialHidden, initialCell,
    gates, outputs, cells,
  );
  job.lengths = lengths;
  job.masks = masks;
  job.reverse = reverse;
  runForward(job);
  endForward(job);
}

/** As the parameters of `lstmBackward`. */
@unmanaged
export class LSTMBackward {
  steps: i32;
  batch: i32;
  hidden: i32;
  ids: usize;
  initialCell: usize;
  gates: usize;
  cells: usize;
  dOutputs: usize;
  dHidden: usize;
  dCell: usize;
  dKernel: usize;
  dBias: usize;
  lengths: usize;
  masks: usize;
  reverse: bool;
  /** The transpose of `recurrentKernel`, packed. */
  panels: usize;
  chunkRows: i32;
}

/** The sums over `rows` rows, from `start`, of `count` columns, from `column`, of the gates' gradients. */
@inline
export function sumRows(job: LSTMBackward, start: i32, rows: i32, column: i32, count: i32): void {
  const width = 4 * job.hidden;
  for (let row = start; row < start + rows; row++) {
    const g = at(job.gates, row * width + column);
    addRow(count, g, at(job.dBias, column));
    if (job.ids) addRow(count, g, at(job.dKernel, load<i32>(at(job.ids, row)) * width + column));
  }
}

/** All steps, from the last, for some rows of the batch. */
export function lstmBackwardRows(job: LSTMBackward, chunk: i32): void {
  const steps = job.steps, batch = job.batch, hidden = job.hidden, width = 4 * hidden, reverse = job.reverse;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  const lengths = job.lengths ? at(job.lengths, first) : 0;
  const dHidden = at(job.dHidden, first * hidden), dCell = at(job.dCell, first * hidden);
  for (let index = steps - 1; index >= 0; index--) {
    const step = reverse ? steps - 1 - index : index;
    const start = step * batch + first, startBefore = (reverse ? step + 1 : step - 1) * batch + first;
    const g = at(job.gates, start * width);
    const cell = at(job.cells, start * hidden), dOutput = at(job.dOutputs, start * hidden);
    const cellBefore = index > 0 ? at(job.cells, startBefore * hidden) : at(job.initialCell, first * hidden);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden, m = at(g, row * width);
      if (ended(lengths, row, step)) {
        memory.fill(m, 0, <usize>width << 2);
        continue;
      }
      const before = at(cellBefore, n), dO = at(dOutput, n), dH = at(dHidden, n), dC = at(dCell, n);
      const mask = at(job.masks, start * hidden + n);
      if (job.masks) differentiateRow(m, hidden, before, at(cell, n), dO, dH, dC, mask, true);
      else differentiateRow(m, hidden, before, at(cell, n), dO, dH, dC, 0, false);
      if (lengths) memory.fill(dH, 0, <usize>hidden << 2);
    }
    // Where sequences may have ended the product is added: to zeros in the others, to what passes in those.
    packedProduct(rows, hidden, width, g, job.panels, dHidden, hidden, lengths != 0);
    // A thread that has the whole batch sums the rows of this step while they are in the cache.
    if (rows == batch) sumRows(job, start, rows, 0, width);
  }
}

/** The sums over all steps and rows, in the order of a single thread, of some columns of the gates' gradients. */
export function sumGateGradients(job: LSTMBackward, chunk: i32): void {
  const column = chunk * STRIPE, count = min(4 * job.hidden - column, STRIPE);
  for (let index = job.steps - 1; index >= 0; index--) {
    const step = job.reverse ? job.steps - 1 - index : index;
    sumRows(job, step * job.batch, job.batch, column, count);
  }
}

/** Fills a job for sequences of one length, read from their first step on, and packs its weights. */
export function beginBackward(
  job: LSTMBackward, steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, recurrentKernel: usize, initialCell: usize, gates: usize, cells: usize,
  dOutputs: usize, dHidden: usize, dCell: usize, dKernel: usize, dBias: usize,
): void {
  const width = 4 * hidden;
  memory.fill(dBias, 0, <usize>width << 2);
  if (ids) memory.fill(dKernel, 0, (<usize>inputSize * <usize>width) << 2);
  job.steps = steps;
  job.batch = batch;
  job.hidden = hidden;
  job.ids = ids;
  job.initialCell = initialCell;
  job.gates = gates;
  job.cells = cells;
  job.dOutputs = dOutputs;
  job.dHidden = dHidden;
  job.dCell = dCell;
  job.dKernel = dKernel;
  job.dBias = dBias;
  job.lengths = 0;
  job.masks = 0;
  job.reverse = false;
  job.panels = packTransposed(hidden, width, recurrentKernel);
}

/** Once all steps are done: the gradients of weights and inputs, and the end of the job. */
export function endBackward(
  job: LSTMBackward, inputSize: i32, x: usize, kernel: usize, initialHidden: usize, outputs: usize,
  dX: usize, dRecurrentKernel: usize,
): void {
  const hidden = job.hidden, width = 4 * hidden, rows = job.steps * job.batch, gates = job.gates;
  if (job.chunkRows < job.batch) share(GATE_GRADIENTS, changetype<usize>(job), chunksOf(width, STRIPE));
  gradientByStates(job, hidden, initialHidden, outputs, dRecurrentKernel);
  if (!job.ids) matrixProduct(inputSize, width, rows, x, true, gates, false, job.dKernel, false);
  if (dX) matrixProduct(rows, inputSize, width, gates, false, kernel, true, dX, false);
  free(job.panels);
  free(changetype<usize>(job));
}

/** The gradient [size, 4H] of weights that each step multiplies with a state [B, size] of the step before. */
export function gradientByStates(job: LSTMBackward, size: i32, initial: usize, states: usize, gradient: usize): void {
  const rows = job.steps * job.batch;
  const before = malloc((<usize>size * <usize>rows) << 2);
  statesBefore(job.steps, job.batch, size, initial, states, job.lengths, job.reverse, before);
  matrixProduct(size, 4 * job.hidden, rows, before, false, job.gates, false, gradient, false);
  free(before);
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
  const job = changetype<LSTMBackward>(malloc(offsetof<LSTMBackward>()));
  beginBackward(
    job, steps, batch, inputSize, hidden, ids, recurrentKernel, initialCell, gates, cells, dOutputs, dHidden, dCell,
    dKernel, dBias,
  );
  job.lengths = lengths;
  job.masks = masks;
  job.reverse = reverse;
  job.chunkRows = rowsPerChunk(batch, <i64>steps * batch * hidden * (4 * hidden));
  share(LSTM_BACKWARD, changetype<usize>(job), chunksOf(batch, job.chunkRows));
  endBackward(job, inputSize, x, kernel, initialHidden, outputs, dX, dRecurrentKernel);
}
