// The GRU in plain JavaScript: one product for the inputs of all steps, then per step one product for the gates z and r,
// one for the candidate, which needs r first, and a pass over the units after each. The backward pass mirrors it and
// leaves what concerns the weights to products for all steps.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {floats, output} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {addPackedProduct, addProduct, type MatrixView, packMatrix, rowMajor, transposed} from '../matrix-product/cpu';
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

/** The gates z and r of one step [B, 3H] gain `sums` [B, 2H] and become activated; fills `reset` [B, H] with r h. */
export function activateGates(
  batch: number,
  size: number,
  gates: Float32Array,
  sums: Float32Array,
  before: Float32Array,
  reset: Float32Array,
): void {
  for (let row = 0; row < batch; row++) {
    let at = row * 3 * size;
    let sum = row * 2 * size;
    for (let unit = row * size, end = unit + size; unit < end; unit++, at++, sum++) {
      gates[at] = sigmoid(gates[at]! + sums[sum]!);
      const r = sigmoid(gates[at + size]! + sums[sum + size]!);
      gates[at + size] = r;
      reset[unit] = r * before[unit]!;
    }
  }
}

/**
 * The candidates of one step gain `sums` [B, H] and become activated; fills `outputs` [B, H], which may be `before` itself.
 * `mask` is [B, H].
 */
export function activateCandidate(
  batch: number,
  size: number,
  gates: Float32Array,
  sums: Float32Array,
  before: Float32Array,
  outputs: Float32Array,
  mask: Float32Array | undefined,
): void {
  for (let row = 0; row < batch; row++) {
    let at = row * 3 * size;
    for (let unit = row * size, end = unit + size; unit < end; unit++, at++) {
      const z = gates[at]!;
      const c = Math.tanh(gates[at + 2 * size]! + sums[unit]!);
      gates[at + 2 * size] = c;
      outputs[unit] = z * before[unit]! + (1 - z) * (mask ? mask[unit]! * c : c);
    }
  }
}

/**
 * From activated gates to the gradient of the pre-activations of z and c; `hiddenGradient` keeps what passes by way of z.
 * Rows whose sequence has ended (`step` is not below their length) are left alone.
 */
function differentiateCandidate(
  batch: number,
  size: number,
  gates: Float32Array,
  before: Float32Array,
  outputsGradient: Float32Array,
  hiddenGradient: Float32Array,
  gatesGradient: Float32Array,
  mask: Float32Array | undefined,
  step: number,
  lengths: Int32Array | undefined,
): void {
  for (let row = 0; row < batch; row++) {
    if (lengths && step >= lengths[row]!) continue; // `gatesGradient` is zeros
    let at = row * 3 * size;
    for (let unit = row * size, end = unit + size; unit < end; unit++, at++) {
      const z = gates[at]!;
      const c = gates[at + 2 * size]!;
      const factor = mask ? mask[unit]! : 1;
      const dh = outputsGradient[unit]! + hiddenGradient[unit]!;
      gatesGradient[at] = dh * (before[unit]! - factor * c) * z * (1 - z);
      gatesGradient[at + 2 * size] = dh * (1 - z) * factor * (1 - c * c);
      hiddenGradient[unit] = dh * z;
    }
  }
}

/** From the gradient of r h [B, H] to that of the pre-activation of r; what passes by way of r joins `hiddenGradient`. */
function differentiateReset(
  batch: number,
  size: number,
  gates: Float32Array,
  before: Float32Array,
  resetGradient: Float32Array,
  hiddenGradient: Float32Array,
  gatesGradient: Float32Array,
  reset: Float32Array,
): void {
  for (let row = 0; row < batch; row++) {
    let at = row * 3 * size + size;
    for (let unit = row * size, end = unit + size; unit < end; unit++, at++) {
      const r = gates[at]!;
      gatesGradient[at] = resetGradient[unit]! * before[unit]! * r * (1 - r);
      hiddenGradient[unit]! += resetGradient[unit]! * r;
      reset[unit] = r * before[unit]!;
    }
  }
}

/** Columns of a row-major matrix of `width` columns, from `first` on. */
export function columnsFrom(first: number, values: Float32Array, width: number): MatrixView {
  return {...rowMajor(values, width), offset: first};
}

function forward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, hiddenSize} = sequenceSizes(inputs);
  const {reverse, lengths, masks} = sequenceOptions(call, steps);
  const {recurrentKernel, hidden} = inputs as Record<string, TensorInfo>;
  const width = 3 * hiddenSize;
  const gates = fromInputs(backend, 'gru', inputs as Record<'x' | 'kernel' | 'bias', TensorInfo>);
  const outputs = new Float32Array(steps * batch * hiddenSize);
  /** sums [B, columns] = states [B, H] times the columns of the recurrent kernel from `first` on. */
  const recurrentProduct = (first: number, columns: number) => {
    const recurrent = columnsFrom(first, floats(backend, recurrentKernel!), width);
    // A single step, as when text is generated, does not repay the packing.
    const packed = steps > 1 ? packMatrix(hiddenSize, columns, recurrent) : undefined;
    return (states: Float32Array, sums: Float32Array) => {
      sums.fill(0);
      if (packed) addPackedProduct(batch, rowMajor(states, hiddenSize), packed, sums);
      else addProduct(batch, columns, hiddenSize, rowMajor(states, hiddenSize), recurrent, sums);
    };
  };
  const toGates = recurrentProduct(0, 2 * hiddenSize);
  const toCandidate = recurrentProduct(2 * hiddenSize, hiddenSize);
  const gateSums = new Float32Array(batch * 2 * hiddenSize);
  const candidateSums = new Float32Array(batch * hiddenSize);
  const reset = new Float32Array(batch * hiddenSize);
  const gatesAt = perStep(gates, steps);
  const outputsAt = perStep(outputs, steps);
  let before = floats(backend, hidden!);
  for (const step of stepsInOrder(steps, reverse)) {
    toGates(before, gateSums);
    activateGates(batch, hiddenSize, gatesAt[step]!, gateSums, before, reset);
    toCandidate(reset, candidateSums);
    activateCandidate(batch, hiddenSize, gatesAt[step]!, candidateSums, before, outputsAt[step]!, masks?.[step]);
    if (lengths) keepState(step, lengths, before, outputsAt[step]!);
    before = outputsAt[step]!;
  }
  const finalState = before.slice();
  if (lengths) clearPadding(steps, lengths, outputs);
  return [
    output(backend, [steps, batch, hiddenSize], outputs),
    output(backend, [batch, hiddenSize], finalState),
    output(backend, [steps, batch, width], gates),
  ];
}

function backward(call: RecurrentCall): TensorInfo[] {
  const {inputs, backend} = call;
  const {steps, batch, inputSize, hiddenSize} = sequenceSizes(inputs);
  const {reverse, lengths, masks} = sequenceOptions(call, steps);
  const tensors = inputs as Record<string, TensorInfo>;
  const values = (name: string) => floats(backend, tensors[name]!);
  const width = 3 * hiddenSize;
  const rows = steps * batch;

  const gatesGradient = new Float32Array(rows * width);
  const hiddenGradient = values('hiddenGradient').slice();
  const resetGradient = new Float32Array(batch * hiddenSize);
  const before = statesBefore(steps, values('hidden'), values('outputs'), reverse, lengths);
  const reset = new Float32Array(rows * hiddenSize);
  const recurrent = transposed(values('recurrentKernel'), width);
  const fromGates = packMatrix(2 * hiddenSize, hiddenSize, recurrent);
  const fromCandidate = packMatrix(hiddenSize, hiddenSize, {...recurrent, offset: 2 * hiddenSize});
  const gatesAt = perStep(values('gates'), steps);
  const beforeAt = perStep(before, steps);
  const resetAt = perStep(reset, steps);
  const outputsGradientAt = perStep(values('outputsGradient'), steps);
  const gatesGradientAt = perStep(gatesGradient, steps);
  for (const step of stepsInOrder(steps, !reverse)) {
    const gradients = gatesGradientAt[step]!;
    differentiateCandidate(
      batch,
      hiddenSize,
      gatesAt[step]!,
      beforeAt[step]!,
      outputsGradientAt[step]!,
      hiddenGradient,
      gradients,
      masks?.[step],
      step,
      lengths,
    );
    resetGradient.fill(0);
    addPackedProduct(batch, columnsFrom(2 * hiddenSize, gradients, width), fromCandidate, resetGradient);
    differentiateReset(
      batch,
      hiddenSize,
      gatesAt[step]!,
      beforeAt[step]!,
      resetGradient,
      hiddenGradient,
      gradients,
      resetAt[step]!,
    );
    addPackedProduct(batch, rowMajor(gradients, width), fromGates, hiddenGradient);
  }

  const ofGates = new Float32Array(hiddenSize * 2 * hiddenSize);
  const ofCandidate = new Float32Array(hiddenSize * hiddenSize);
  const gradients = rowMajor(gatesGradient, width);
  addProduct(hiddenSize, 2 * hiddenSize, rows, transposed(before, hiddenSize), gradients, ofGates);
  const candidateGradients = columnsFrom(2 * hiddenSize, gatesGradient, width);
  addProduct(hiddenSize, hiddenSize, rows, transposed(reset, hiddenSize), candidateGradients, ofCandidate);
  const recurrentKernelGradient = new Float32Array(hiddenSize * width);
  for (let row = 0; row < hiddenSize; row++) {
    recurrentKernelGradient.set(ofGates.subarray(row * 2 * hiddenSize, (row + 1) * 2 * hiddenSize), row * width);
    const candidates = ofCandidate.subarray(row * hiddenSize, (row + 1) * hiddenSize);
    recurrentKernelGradient.set(candidates, row * width + 2 * hiddenSize);
  }
  const constant = call.attrs?.constantInput;
  const ofInputs = inputGradients(backend, inputs as Record<'x' | 'kernel', TensorInfo>, gatesGradient, constant);
  return [
    output(backend, [inputSize, width], ofInputs.kernel),
    output(backend, [hiddenSize, width], recurrentKernelGradient),
    output(backend, [width], ofInputs.bias),
    output(backend, [batch, hiddenSize], hiddenGradient),
    ...(ofInputs.x ? [output(backend, [steps, batch, inputSize], ofInputs.x)] : []),
  ];
}

const supports = () => true;

export const gruCPU = [
  {kernelName: 'FusedGRU', backendName: 'cpu', kernelFunc: forward, supports},
  {kernelName: 'FusedGRUGrad', backendName: 'cpu', kernelFunc: backward},
] as unknown as SelectiveKernel[];
