// The LSTM in plain JavaScript: one product for the inputs of all steps, then per step one product with the packed
// recurrent kernel and one pass over the gates. The backward pass mirrors it and leaves what concerns the weights to
// one product for all steps (Appleyard et al. 2016, arXiv 1604.01946).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {floats, output} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {addPackedProduct, addProduct, packMatrix, rowMajor, transposed} from '../matrix-product/cpu';
import {
  clearPadding,
  fromInputs,
  inputGradients,
  keepState,
  perStep,
  type RecurrentCall,
  sequenceOptions,
  sigmoid,
  statesBefore,
  stepsInOrder,
} from '../sequence/cpu';
import {sequenceSizes} from '../sequence/sizes';

/**
 * One step's gates [B, 4H] become activated, in place; fills `cells` and `outputs` [B, H], of which `cells` may be
 * `cellBefore` itself. `mask` is [B, H].
 */
export function activate(
  batch: number,
  size: number,
  gates: Float32Array,
  cellBefore: Float32Array,
  cells: Float32Array,
  outputs: Float32Array,
  mask: Float32Array | undefined,
): void {
  for (let row = 0; row < batch; row++) {
    let at = row * 4 * size;
    for (let unit = row * size, end = unit + size; unit < end; unit++, at++) {
      const i = sigmoid(gates[at]!);
      const f = sigmoid(gates[at + size]!);
      const c = Math.tanh(gates[at + 2 * size]!);
      const o = sigmoid(gates[at + 3 * size]!);
      const state = f * cellBefore[unit]! + i * (mask ? mask[unit]! * c : c);
      gates[at] = i;
      gates[at + size] = f;
      gates[at + 2 * size] = c;
      gates[at + 3 * size] = o;
      cells[unit] = state;
      outputs[unit] = o * Math.tanh(state);
    }
  }
}

/**
 * From activated gates to the gradient of their pre-activations [B, 4H]. `cellGradient` moves one step back, and
 * `hiddenGradient` is used up, but in rows whose sequence has ended (`step` is not below their length) both stay.
 */
export function differentiate(
  batch: number,
  size: number,
  gates: Float32Array,
  cellBefore: Float32Array,
  cells: Float32Array,
  outputsGradient: Float32Array,
  hiddenGradient: Float32Array,
  cellGradient: Float32Array,
  gatesGradient: Float32Array,
  mask: Float32Array | undefined,
  step: number,
  lengths: Int32Array | undefined,
): void {
  for (let row = 0; row < batch; row++) {
    if (lengths && step >= lengths[row]!) continue; // `gatesGradient` is zeros
    let at = row * 4 * size;
    for (let unit = row * size, end = unit + size; unit < end; unit++, at++) {
      const i = gates[at]!;
      const f = gates[at + size]!;
      const c = gates[at + 2 * size]!;
      const o = gates[at + 3 * size]!;
      const squashed = Math.tanh(cells[unit]!);
      const dh = outputsGradient[unit]! + hiddenGradient[unit]!;
      const dState = cellGradient[unit]! + dh * o * (1 - squashed * squashed);
      const factor = mask ? mask[unit]! : 1;
      gatesGradient[at] = dState * factor * c * i * (1 - i);
      gatesGradient[at + size] = dState * cellBefore[unit]! * f * (1 - f);
      gatesGradient[at + 2 * size] = dState * factor * i * (1 - c * c);
      gatesGradient[at + 3 * size] = dh * squashed * o * (1 - o);
      cellGradient[unit] = dState * f;
      hiddenGradient[unit] = 0;
    }
  }
}

function forward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {reverse, lengths, masks} = sequenceOptions(call, steps);
  const {recurrentKernel, hidden, cell} = inputs as Record<string, TensorInfo>;
  const width = 4 * hiddenSize;
  const gates = fromInputs(backend, 'lstm', inputs as Record<'x' | 'kernel' | 'bias', TensorInfo>);
  const outputs = new Float32Array(steps * batch * hiddenSize);
  const cells = new Float32Array(outputs.length);
  const recurrent = rowMajor(floats(backend, recurrentKernel!), width);
  // A single step, as when text is generated, does not repay the packing.
  const packed = steps > 1 ? packMatrix(hiddenSize, width, recurrent) : undefined;
  const gatesAt = perStep(gates, steps);
  const outputsAt = perStep(outputs, steps);
  const cellsAt = perStep(cells, steps);
  let hiddenBefore = floats(backend, hidden!);
  let cellBefore = floats(backend, cell!);
  for (const step of stepsInOrder(steps, reverse)) {
    const before = rowMajor(hiddenBefore, hiddenSize);
    if (packed) addPackedProduct(batch, before, packed, gatesAt[step]!);
    else addProduct(batch, width, hiddenSize, before, recurrent, gatesAt[step]!);
    activate(batch, hiddenSize, gatesAt[step]!, cellBefore, cellsAt[step]!, outputsAt[step]!, masks?.[step]);
    if (lengths) {
      keepState(step, lengths, hiddenBefore, outputsAt[step]!);
      keepState(step, lengths, cellBefore, cellsAt[step]!);
    }
    hiddenBefore = outputsAt[step]!;
    cellBefore = cellsAt[step]!;
  }
  const finalHidden = hiddenBefore.slice();
  if (lengths) clearPadding(steps, lengths, outputs);
  return [
    output(backend, [steps, batch, hiddenSize], outputs),
    output(backend, [batch, hiddenSize], finalHidden),
    output(backend, [batch, hiddenSize], cellBefore.slice()),
    output(backend, [steps, batch, width], gates),
    output(backend, [steps, batch, hiddenSize], cells),
  ];
}

function backward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, inputSize, hiddenSize} = sequenceSizes(inputs);
  const {reverse, lengths, masks} = sequenceOptions(call, steps);
  const tensors = inputs as Record<string, TensorInfo>;
  const values = (name: string) => floats(backend, tensors[name]!);
  const width = 4 * hiddenSize;
  const rows = steps * batch;

  const gatesGradient = new Float32Array(rows * width);
  const hiddenGradient = values('hiddenGradient').slice();
  const cellGradient = values('cellGradient').slice();
  const recurrent = packMatrix(width, hiddenSize, transposed(values('recurrentKernel'), width));
  const gatesAt = perStep(values('gates'), steps);
  const cellsAt = perStep(values('cells'), steps);
  const outputsGradientAt = perStep(values('outputsGradient'), steps);
  const gatesGradientAt = perStep(gatesGradient, steps);
  for (const step of stepsInOrder(steps, !reverse)) {
    differentiate(
      batch,
      hiddenSize,
      gatesAt[step]!,
      cellsAt[reverse ? step + 1 : step - 1] ?? values('cell'),
      cellsAt[step]!,
      outputsGradientAt[step]!,
      hiddenGradient,
      cellGradient,
      gatesGradientAt[step]!,
      masks?.[step],
      step,
      lengths,
    );
    addPackedProduct(batch, rowMajor(gatesGradientAt[step]!, width), recurrent, hiddenGradient);
  }

  const before = statesBefore(steps, values('hidden'), values('outputs'), reverse, lengths);
  const recurrentKernelGradient = new Float32Array(hiddenSize * width);
  const gradients = rowMajor(gatesGradient, width);
  addProduct(hiddenSize, width, rows, transposed(before, hiddenSize), gradients, recurrentKernelGradient);
  const constant = call.attrs?.constantInput;
  const ofInputs = inputGradients(backend, inputs as Record<'x' | 'kernel', TensorInfo>, gatesGradient, constant);
  return [
    output(backend, [inputSize, width], ofInputs.kernel),
    output(backend, [hiddenSize, width], recurrentKernelGradient),
    output(backend, [width], ofInputs.bias),
    output(backend, [batch, hiddenSize], hiddenGradient),
    output(backend, [batch, hiddenSize], cellGradient),
    ...(ofInputs.x ? [output(backend, [steps, batch, inputSize], ofInputs.x)] : []),
  ];
}

const supports = () => true;

export const lstmCPU = [
  {kernelName: 'FusedLSTM', backendName: 'cpu', kernelFunc: forward, supports},
  {kernelName: 'FusedLSTMGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
