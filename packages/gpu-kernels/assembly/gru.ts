// A whole GRU sequence, forward and backward. Gate order z, r, c; the equations stand in src/gru/gru.ts.
//
// Forward: a step's gates [B, 3H] start as the input's part (bias included). One product adds the recurrent part of z and
// r, a pass activates both and leaves r h, and one product from there and a second pass complete the candidate.
// Backward: a pass, a product with the candidate's weights, a pass, and a product with the gates' weights carry the
// gradient to the step before. The activated gates become the gradient of their pre-activations in place; what concerns
// the weights waits until the loop is over and is then one product for all steps.

import { sigmoid, tanh } from "./activation";
import { read, write } from "./lanes";
import { addColumnSums, addRowsAt, copyRows, fillRows } from "./rows";
import { matrixProduct, packMatrix, packedBytes, packedProduct, stridedProduct, transpose } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { THIN, thinProduct } from "./thin-product";
import { ended, keepState, stateBefore, statesBefore } from "./sequence";

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
  const width = 3 * hidden, stateSize = batch * hidden;
  const thin = batch < THIN, ofCandidate = at(recurrentKernel, 2 * hidden);
  const inputPanels: usize = ids || thin ? 0 : malloc(packedBytes(width, inputSize));
  const gatePanels: usize = thin ? 0 : malloc(packedBytes(2 * hidden, hidden));
  const candidatePanels: usize = thin ? 0 : malloc(packedBytes(hidden, hidden));
  if (inputPanels) packMatrix(inputSize, width, kernel, width, 1, inputPanels);
  if (!thin) {
    packMatrix(hidden, 2 * hidden, recurrentKernel, width, 1, gatePanels);
    packMatrix(hidden, hidden, ofCandidate, width, 1, candidatePanels);
  }
  const reset = malloc(<usize>stateSize << 2);
  let before = initialHidden;
  for (let index = 0; index < steps; index++) {
    const step = reverse ? steps - 1 - index : index;
    const g = at(gates, step * batch * width), output = at(outputs, step * stateSize);
    const mask: usize = masks ? at(masks, step * stateSize) : 0;
    if (ids) {
      copyRows(batch, width, kernel, at(ids, step * batch), bias, g);
    } else {
      const input = at(x, step * batch * inputSize);
      fillRows(batch, width, bias, g);
      if (thin) thinProduct(batch, width, inputSize, input, kernel, width, g);
      else packedProduct(batch, width, inputSize, input, inputPanels, g, width, true);
    }
    if (thin) thinProduct(batch, 2 * hidden, hidden, before, recurrentKernel, width, g);
    else packedProduct(batch, 2 * hidden, hidden, before, gatePanels, g, width, true);
    for (let row = 0; row < batch; row++) {
      const first = row * hidden, m = at(g, row * width);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        const n = first + unit;
        activateGates(at(m, unit), hidden, at(before, n), at(reset, n), false);
      }
      for (; unit < hidden; unit++) {
        const n = first + unit;
        activateGates(at(m, unit), hidden, at(before, n), at(reset, n), true);
      }
    }
    if (thin) thinProduct(batch, hidden, hidden, reset, ofCandidate, width, at(g, 2 * hidden));
    else packedProduct(batch, hidden, hidden, reset, candidatePanels, at(g, 2 * hidden), width, true);
    for (let row = 0; row < batch; row++) {
      const first = row * hidden, m = at(g, row * width);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        const n = first + unit;
        activateCandidate(at(m, unit), hidden, at(before, n), at(output, n), mask ? at(mask, n) : 0, false);
      }
      for (; unit < hidden; unit++) {
        const n = first + unit;
        activateCandidate(at(m, unit), hidden, at(before, n), at(output, n), mask ? at(mask, n) : 0, true);
      }
    }
    if (lengths) keepState(batch, hidden, step, lengths, before, output);
    before = output;
  }
  free(reset);
  if (!thin) {
    free(candidatePanels);
    free(gatePanels);
  }
  if (inputPanels) free(inputPanels);
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
  const width = 3 * hidden, rows = steps * batch, stateSize = batch * hidden, stateBytes = <usize>stateSize << 2;
  const rowBytes = <usize>hidden << 2;
  memory.fill(dBias, 0, <usize>width << 2);
  if (ids) memory.fill(dKernel, 0, (<usize>inputSize * <usize>width) << 2);
  // The transposes.
  const gatePanels = malloc(packedBytes(hidden, 2 * hidden)), candidatePanels = malloc(packedBytes(hidden, hidden));
  packMatrix(2 * hidden, hidden, recurrentKernel, 1, width, gatePanels);
  packMatrix(hidden, hidden, at(recurrentKernel, 2 * hidden), 1, width, candidatePanels);
  // One step's gradients without gaps, as products read them; what was lost by way of r; r h of all steps [H, T B].
  const dCandidates = malloc(stateBytes), dGates = malloc(2 * stateBytes), dReset = malloc(stateBytes);
  const reset = malloc(stateBytes), resets = malloc((<usize>hidden * <usize>rows) << 2);
  for (let index = steps - 1; index >= 0; index--) {
    const step = reverse ? steps - 1 - index : index;
    const g = at(gates, step * batch * width), dOutput = at(dOutputs, step * stateSize);
    const mask: usize = masks ? at(masks, step * stateSize) : 0;
    for (let row = 0; row < batch; row++) {
      const first = row * hidden, m = at(g, row * width);
      if (ended(lengths, row, step)) {
        memory.fill(m, 0, 3 * rowBytes);
        memory.fill(at(dCandidates, first), 0, rowBytes);
        continue;
      }
      const before = stateBefore(step, row, steps, batch, hidden, initialHidden, outputs, lengths, reverse);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        const n = first + unit;
        differentiateCandidate(
          at(m, unit), hidden, at(before, unit), at(dOutput, n), at(dHidden, n), at(dCandidates, n),
          mask ? at(mask, n) : 0, false,
        );
      }
      for (; unit < hidden; unit++) {
        const n = first + unit;
        differentiateCandidate(
          at(m, unit), hidden, at(before, unit), at(dOutput, n), at(dHidden, n), at(dCandidates, n),
          mask ? at(mask, n) : 0, true,
        );
      }
    }
    packedProduct(batch, hidden, hidden, dCandidates, candidatePanels, dReset, hidden, false);
    for (let row = 0; row < batch; row++) {
      const first = row * hidden, m = at(g, row * width), d = at(dGates, 2 * first);
      if (ended(lengths, row, step)) {
        memory.fill(d, 0, 2 * rowBytes);
        memory.fill(at(reset, first), 0, rowBytes);
        continue;
      }
      const before = stateBefore(step, row, steps, batch, hidden, initialHidden, outputs, lengths, reverse);
      let unit = 0;
      for (; unit + 4 <= hidden; unit += 4) {
        const n = first + unit;
        differentiateReset(
          at(m, unit), hidden, at(before, unit), at(dReset, n), at(dHidden, n), at(d, unit), at(reset, n), false,
        );
      }
      for (; unit < hidden; unit++) {
        const n = first + unit;
        differentiateReset(
          at(m, unit), hidden, at(before, unit), at(dReset, n), at(dHidden, n), at(d, unit), at(reset, n), true,
        );
      }
    }
    packedProduct(batch, hidden, 2 * hidden, dGates, gatePanels, dHidden, hidden, true);
    transpose(batch, hidden, reset, at(resets, step * batch), rows);
    // Sums over the rows of this step, while they are in the cache.
    addColumnSums(batch, width, g, dBias);
    if (ids) addRowsAt(batch, width, g, at(ids, step * batch), dKernel);
  }
  free(reset);
  free(dReset);
  free(dGates);
  free(dCandidates);
  free(candidatePanels);
  free(gatePanels);

  stridedProduct(
    hidden, hidden, rows, resets, at(gates, 2 * hidden), width, 1, at(dRecurrentKernel, 2 * hidden), width, false,
  );
  const before = resets; // its work is done
  statesBefore(steps, batch, hidden, initialHidden, outputs, lengths, reverse, before);
  stridedProduct(hidden, 2 * hidden, rows, before, gates, width, 1, dRecurrentKernel, width, false);
  free(resets);
  if (!ids) matrixProduct(inputSize, width, rows, x, true, gates, false, dKernel, false);
  if (dX) matrixProduct(rows, inputSize, width, gates, false, kernel, true, dX, false);
}
