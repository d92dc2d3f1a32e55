// A whole GRU sequence, forward and backward. Gate order z, r, c; the equations stand in src/gru/gru.ts.
//
// Forward: a step's gates [B, 3H] start as the input's part (bias included). One product adds the recurrent part of z and
// r, a pass activates both and leaves r h, and one product from there and a second pass complete the candidate.
// Backward: a pass, a product with the candidate's weights, a pass, and a product with the gates' weights carry the
// gradient to the step before. The activated gates become the gradient of their pre-activations in place; what concerns
// the weights waits until the loop is over and is then one product for all steps.

import { sigmoid, tanh } from "./activation";
import { read, write } from "./lanes";
import { GRU_BACKWARD, GRU_FORWARD } from "./jobs";
import { matrixProduct, packMatrix, packedBytes, packedProduct, stridedProduct, transpose } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { addColumnSums, addRowsAt, copyRows, fillRows } from "./rows";
import { ended, keepState, stateBefore, statesBefore } from "./sequence";
import { chunksOf, rowsPerChunk, share } from "./threads";
import { addProduct, freeWeights, layOut, Weights } from "./weights";

@inline
function activateGates(gates: usize, hidden: i32, before: usize, reset: usize, single: bool): void {
  const zGate = gates, rGate = at(gates, hidden);
  const r = sigmoid(read(rGate, single));
  write(zGate, sigmoid(read(zGate, single)), single);
  write(rGate, r, single);
  write(reset, f32x4.mul(r, read(before, single)), single);
}

@inline
function activateCandidate(
  gates: usize, hidden: i32, before: usize, output: usize, mask: usize, single: bool,
): void {
  const cGate = at(gates, 2 * hidden);
  const z = read(gates, single), c = tanh(read(cGate, single));
  write(cGate, c, single);
  const candidate = mask ? f32x4.mul(c, read(mask, single)) : c;
  const rest = f32x4.sub(f32x4.splat(1), z);
  write(output, f32x4.add(f32x4.mul(z, read(before, single)), f32x4.mul(rest, candidate)), single);
}

@inline
function differentiateCandidate(
  gates: usize, hidden: i32, before: usize, dOutput: usize, dHidden: usize, dCandidates: usize, mask: usize,
  single: bool,
): void {
  const one = f32x4.splat(1), cGate = at(gates, 2 * hidden);
  const z = read(gates, single), c = read(cGate, single), rest = f32x4.sub(one, z);
  const factor = mask ? read(mask, single) : one;
  const dh = f32x4.add(read(dOutput, single), read(dHidden, single));
  const difference = f32x4.sub(read(before, single), f32x4.mul(factor, c));
  write(gates, f32x4.mul(f32x4.mul(dh, difference), f32x4.mul(z, rest)), single);
  const dc = f32x4.mul(f32x4.mul(dh, rest), f32x4.mul(factor, f32x4.sub(one, f32x4.mul(c, c))));
  write(cGate, dc, single);
  write(dCandidates, dc, single);
  write(dHidden, f32x4.mul(dh, z), single);
}

@inline
function differentiateReset(
  gates: usize, hidden: i32, before: usize, dReset: usize, dHidden: usize, dGates: usize, reset: usize, single: bool,
): void {
  const rGate = at(gates, hidden), r = read(rGate, single);
  const h = read(before, single), d = read(dReset, single), rh = f32x4.mul(r, h);
  const dr = f32x4.mul(f32x4.mul(d, rh), f32x4.sub(f32x4.splat(1), r));
  write(rGate, dr, single);
  write(dGates, read(gates, single), single);
  write(at(dGates, hidden), dr, single);
  write(dHidden, f32x4.add(read(dHidden, single), f32x4.mul(d, r)), single);
  write(reset, rh, single);
}

/** As the parameters of `gruForward`. */
@unmanaged
export class GRUForward {
  steps: i32;
  batch: i32;
  inputSize: i32;
  hidden: i32;
  ids: usize;
  x: usize;
  kernel: usize;
  bias: usize;
  initialHidden: usize;
  gates: usize;
  outputs: usize;
  lengths: usize;
  masks: usize;
  reverse: bool;
  /** `kernel`, unless its rows are looked up by ids, and the two parts of `recurrentKernel`, laid out. */
  inputWeights: Weights;
  gateWeights: Weights;
  candidateWeights: Weights;
  /** [B, H], for r h. */
  reset: usize;
  chunkRows: i32;
}

/** All steps for some rows of the batch. */
export function gruForwardRows(job: GRUForward, chunk: i32): void {
  const steps = job.steps, batch = job.batch, hidden = job.hidden, width = 3 * hidden;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  const lengths = job.lengths ? at(job.lengths, first) : 0;
  const reset = at(job.reset, first * hidden);
  let before = at(job.initialHidden, first * hidden);
  for (let index = 0; index < steps; index++) {
    const step = job.reverse ? steps - 1 - index : index;
    const start = step * batch + first;
    const g = at(job.gates, start * width), output = at(job.outputs, start * hidden);
    if (job.ids) {
      copyRows(rows, width, job.kernel, at(job.ids, start), job.bias, g);
    } else {
      fillRows(rows, width, job.bias, g);
      addProduct(job.inputWeights, rows, at(job.x, start * job.inputSize), g);
    }
    addProduct(job.gateWeights, rows, before, g);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden, m = at(g, row * width);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        activateGates(at(m, unit), hidden, at(before, n + unit), at(reset, n + unit), false);
      }
      for (; unit < hidden; unit++) {
        activateGates(at(m, unit), hidden, at(before, n + unit), at(reset, n + unit), true);
      }
    }
    addProduct(job.candidateWeights, rows, reset, at(g, 2 * hidden));
    for (let row = 0; row < rows; row++) {
      const n = row * hidden, m = at(g, row * width);
      const mask: usize = job.masks ? at(job.masks, start * hidden + n) : 0;
      const h = at(before, n), out = at(output, n);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        activateCandidate(at(m, unit), hidden, at(h, unit), at(out, unit), mask ? at(mask, unit) : 0, false);
      }
      for (; unit < hidden; unit++) {
        activateCandidate(at(m, unit), hidden, at(h, unit), at(out, unit), mask ? at(mask, unit) : 0, true);
      }
    }
    if (lengths) keepState(rows, hidden, step, lengths, before, output);
    before = output;
  }
}

/** A job of `steps` steps with its weights laid out. */
export function gruJob(
  steps: i32, batch: i32, inputSize: i32, hidden: i32, ids: usize, kernel: usize, recurrentKernel: usize, bias: usize,
): GRUForward {
  const job = changetype<GRUForward>(malloc(offsetof<GRUForward>()));
  memory.fill(changetype<usize>(job), 0, offsetof<GRUForward>());
  const width = 3 * hidden;
  job.steps = steps;
  job.batch = batch;
  job.inputSize = inputSize;
  job.hidden = hidden;
  job.ids = ids;
  job.kernel = kernel;
  job.bias = bias;
  job.reset = malloc((<usize>batch * <usize>hidden) << 2);
  if (!ids) job.inputWeights = layOut(steps, batch, inputSize, width, kernel, width);
  job.gateWeights = layOut(steps, batch, hidden, 2 * hidden, recurrentKernel, width);
  job.candidateWeights = layOut(steps, batch, hidden, hidden, at(recurrentKernel, 2 * hidden), width);
  return job;
}

export function runGRU(job: GRUForward): void {
  const batch = job.batch, hidden = job.hidden;
  job.chunkRows = rowsPerChunk(batch, <i64>job.steps * batch * hidden * (3 * hidden));
  share(GRU_FORWARD, changetype<usize>(job), chunksOf(batch, job.chunkRows));
}

export function freeGRU(job: GRUForward): void {
  freeWeights(job.candidateWeights);
  freeWeights(job.gateWeights);
  if (!job.ids) freeWeights(job.inputWeights);
  free(job.reset);
  free(changetype<usize>(job));
}

/**
 * @param ids where not 0: [T, B] int32 rows of `kernel`; else `x` is [T, B, inputSize].
 * @param gates, outputs filled: [T, B, 3H], [T, B, H]. In rows whose sequence has ended `outputs` holds the state that
 *   passes; see `clearPadding`.
 * @param lengths [B] int32, or 0 where all sequences have T steps.
 * @param masks [T, B, H] factors of the candidate, or 0.
 * @param reverse from the last step to the first.
 */
export function gruForward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, bias: usize, initialHidden: usize,
  gates: usize, outputs: usize, lengths: usize, masks: usize, reverse: bool,
): void {
  const job = gruJob(steps, batch, inputSize, hidden, ids, kernel, recurrentKernel, bias);
  job.x = x;
  job.initialHidden = initialHidden;
  job.gates = gates;
  job.outputs = outputs;
  job.lengths = lengths;
  job.masks = masks;
  job.reverse = reverse;
  runGRU(job);
  freeGRU(job);
}

/** As the parameters of `gruBackward`. */
@unmanaged
export class GRUBackward {
  steps: i32;
  batch: i32;
  hidden: i32;
  initialHidden: usize;
  gates: usize;
  outputs: usize;
  dOutputs: usize;
  dHidden: usize;
  lengths: usize;
  masks: usize;
  reverse: bool;
  /** The transposes of the two parts of `recurrentKernel`, packed. */
  gatePanels: usize;
  candidatePanels: usize;
  /** One step's gradients without gaps, as products read them: [B, H], [B, 2H]; that of r h [B, H]. */
  dCandidates: usize;
  dGates: usize;
  dReset: usize;
  /** [T, B, H], filled: r h. */
  resets: usize;
  chunkRows: i32;
}

/** All steps, from the last, for some rows of the batch. */
export function gruBackwardRows(job: GRUBackward, chunk: i32): void {
  const steps = job.steps, batch = job.batch, hidden = job.hidden, width = 3 * hidden, reverse = job.reverse;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows), rowBytes = <usize>hidden << 2;
  const lengths = job.lengths ? at(job.lengths, first) : 0, initial = at(job.initialHidden, first * hidden);
  const outputs = at(job.outputs, first * hidden), dHidden = at(job.dHidden, first * hidden);
  const dCandidates = at(job.dCandidates, first * hidden), dGates = at(job.dGates, 2 * first * hidden);
  const dReset = at(job.dReset, first * hidden);
  for (let index = steps - 1; index >= 0; index--) {
    const step = reverse ? steps - 1 - index : index;
    const start = step * batch + first;
    const g = at(job.gates, start * width), reset = at(job.resets, start * hidden);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden, m = at(g, row * width);
      if (ended(lengths, row, step)) {
        memory.fill(m, 0, 3 * rowBytes);
        memory.fill(at(dCandidates, n), 0, rowBytes);
        continue;
      }
      const before = stateBefore(step, row, steps, batch, hidden, initial, outputs, lengths, reverse);
      const dOutput = at(job.dOutputs, start * hidden + n);
      const mask: usize = job.masks ? at(job.masks, start * hidden + n) : 0;
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        differentiateCandidate(
          at(m, unit), hidden, at(before, unit), at(dOutput, unit), at(dHidden, n + unit), at(dCandidates, n + unit),
          mask ? at(mask, unit) : 0, false,
        );
      }
      for (; unit < hidden; unit++) {
        differentiateCandidate(
          at(m, unit), hidden, at(before, unit), at(dOutput, unit), at(dHidden, n + unit), at(dCandidates, n + unit),
          mask ? at(mask, unit) : 0, true,
        );
      }
    }
    packedProduct(rows, hidden, hidden, dCandidates, job.candidatePanels, dReset, hidden, false);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden, m = at(g, row * width), d = at(dGates, 2 * n);
      if (ended(lengths, row, step)) {
        memory.fill(d, 0, 2 * rowBytes);
        memory.fill(at(reset, n), 0, rowBytes);
        continue;
      }
      const before = stateBefore(step, row, steps, batch, hidden, initial, outputs, lengths, reverse);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        const k = n + unit;
        differentiateReset(
          at(m, unit), hidden, at(before, unit), at(dReset, k), at(dHidden, k), at(d, unit), at(reset, k), false,
        );
      }
      for (; unit < hidden; unit++) {
        const k = n + unit;
        differentiateReset(
          at(m, unit), hidden, at(before, unit), at(dReset, k), at(dHidden, k), at(d, unit), at(reset, k), true,
        );
      }
    }
    packedProduct(rows, hidden, 2 * hidden, dGates, job.gatePanels, dHidden, hidden, true);
  }
}

/**
 * @param gates [T, B, 3H], activated; used up: on return it holds the gradient of the pre-activations.
 * @param dHidden [B, H]: on entry the gradient of the final state, on return that of the initial state.
 * @param dX 0 where it is not wanted (always with ids), else [T, B, inputSize], filled.
 * @param dKernel, dRecurrentKernel, dBias filled.
 * @param lengths, masks, reverse as forward.
 */
export function gruBackward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32,
  ids: usize, x: usize, kernel: usize, recurrentKernel: usize, initialHidden: usize, gates: usize, outputs: usize,
  dOutputs: usize, dHidden: usize, dX: usize, dKernel: usize, dRecurrentKernel: usize, dBias: usize,
  lengths: usize, masks: usize, reverse: bool,
): void {
  const width = 3 * hidden, rows = steps * batch, stateBytes = (<usize>batch * <usize>hidden) << 2;
  const allBytes = <usize>steps * stateBytes, ofCandidate = at(recurrentKernel, 2 * hidden);
  const job = changetype<GRUBackward>(malloc(offsetof<GRUBackward>()));
  job.steps = steps;
  job.batch = batch;
  job.hidden = hidden;
  job.initialHidden = initialHidden;
  job.gates = gates;
  job.outputs = outputs;
  job.dOutputs = dOutputs;
  job.dHidden = dHidden;
  job.lengths = lengths;
  job.masks = masks;
  job.reverse = reverse;
  job.gatePanels = malloc(packedBytes(hidden, 2 * hidden));
  job.candidatePanels = malloc(packedBytes(hidden, hidden));
  job.dCandidates = malloc(stateBytes);
  job.dGates = malloc(2 * stateBytes);
  job.dReset = malloc(stateBytes);
  job.resets = malloc(allBytes);
  job.chunkRows = rowsPerChunk(batch, <i64>steps * batch * hidden * (3 * hidden));
  packMatrix(2 * hidden, hidden, recurrentKernel, 1, width, job.gatePanels);
  packMatrix(hidden, hidden, ofCandidate, 1, width, job.candidatePanels);
  share(GRU_BACKWARD, changetype<usize>(job), chunksOf(batch, job.chunkRows));
  free(job.dReset);
  free(job.dGates);
  free(job.dCandidates);
  free(job.candidatePanels);
  free(job.gatePanels);

  const turned = malloc(allBytes); // r h, then the states before each step, [H, T B]
  transpose(rows, hidden, job.resets, turned, rows);
  free(job.resets);
  free(changetype<usize>(job));
  stridedProduct(
    hidden, hidden, rows, turned, at(gates, 2 * hidden), width, 1, at(dRecurrentKernel, 2 * hidden), width, false,
  );
  statesBefore(steps, batch, hidden, initialHidden, outputs, lengths, reverse, turned);
  stridedProduct(hidden, 2 * hidden, rows, turned, gates, width, 1, dRecurrentKernel, width, false);
  free(turned);
  memory.fill(dBias, 0, <usize>width << 2);
  addColumnSums(rows, width, gates, dBias);
  if (ids) {
    memory.fill(dKernel, 0, (<usize>inputSize * <usize>width) << 2);
    addRowsAt(rows, width, gates, ids, dKernel);
  } else {
    matrixProduct(inputSize, width, rows, x, true, gates, false, dKernel, false);
  }
  if (dX) matrixProduct(rows, inputSize, width, gates, false, kernel, true, dX, false);
}
