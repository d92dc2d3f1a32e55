// A model that writes, in plain JavaScript: the steps of the recurrent kernels and the draws of sampleCategorical, with the
// weights packed once.
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type CPUBackend, floats, integers, output} from '../backends/cpu-memory';
import type {SelectiveKernel} from '../backends/has-kernel';
import {activateCandidate, activateGates, columnsFrom} from '../gru/cpu';
import {activate} from '../lstm/cpu';
import {addPackedProduct, addProduct, isThin, type MatrixView, packMatrix, rowMajor} from '../matrix-product/cpu';
import {keyOf, uniform} from '../random/hash';
import {addRowsFrom, expectIds, fillRows} from '../rows/cpu';
import {drawId} from '../sample-categorical/cpu';
import {notComparable} from '../top-k/top-k';
import type {SampleSequenceAttributes, SampleSequenceTensors} from './sample-sequence';

interface Call {
  inputs: SampleSequenceTensors;
  attrs: SampleSequenceAttributes;
  backend: CPUBackend;
}

/** Adds a product with weights [depth, columns] that are prepared for it. */
type Product = (a: Float32Array, c: Float32Array) => void;

/** The product of `rows` rows, by weights packed now, or in place where the rows are too few to repay it. */
function productBy(rows: number, depth: number, columns: number, weights: MatrixView): Product {
  if (isThin(rows)) return (a, c) => addProduct(rows, columns, depth, rowMajor(a, depth), weights, c);
  const packed = packMatrix(depth, columns, weights);
  return (a, c) => addPackedProduct(rows, rowMajor(a, depth), packed, c);
}

/** Moves the state of a layer on in place; gives the hidden state. */
type LayerStep = (input: Float32Array | Int32Array) => Float32Array;

interface LayerOfArrays {
  kernel: Float32Array;
  recurrentKernel: Float32Array;
  bias: Float32Array;
  hidden: Float32Array;
  cell: Float32Array | undefined;
}

function layerStep(batch: number, {kernel, recurrentKernel, bias, hidden, cell}: LayerOfArrays): LayerStep {
  const size = hidden.length / batch;
  const width = bias.length;
  const inputSize = kernel.length / width;
  const gates = new Float32Array(batch * width);
  let fromInput: Product | undefined;
  /** The part of the gates that comes from the input, bias included. */
  const begin = (input: Float32Array | Int32Array) => {
    fillRows(batch, bias, gates);
    if (input instanceof Int32Array) return addRowsFrom(kernel, input, width, gates);
    fromInput ??= productBy(batch, inputSize, width, rowMajor(kernel, width));
    fromInput(input, gates);
  };
  if (cell) {
    const fromHidden = productBy(batch, size, width, rowMajor(recurrentKernel, width));
    return (input) => {
      begin(input);
      fromHidden(hidden, gates);
      activate(batch, size, gates, cell, cell, hidden, undefined);
      return hidden;
    };
  }
  const toGates = productBy(batch, size, 2 * size, rowMajor(recurrentKernel, width));
  const toCandidate = productBy(batch, size, size, columnsFrom(2 * size, recurrentKernel, width));
  const gateSums = new Float32Array(batch * 2 * size);
  const candidateSums = new Float32Array(batch * size);
  const reset = new Float32Array(batch * size);
  return (input) => {
    begin(input);
    toGates(hidden, gateSums.fill(0));
    activateGates(batch, size, gates, gateSums, hidden, reset);
    toCandidate(reset, candidateSums.fill(0));
    activateCandidate(batch, size, gates, candidateSums, hidden, hidden, undefined);
    return hidden;
  };
}

function forward({inputs, attrs, backend}: Call): TensorInfo[] {
  const {ids, table, outputBias, outputKernel} = inputs;
  const [batch, classes] = [ids.shape[0]!, outputBias.shape[0]!];
  const values = (tensor: TensorInfo) => floats(backend, tensor);
  const copies = (states: TensorInfo[]) => states.map((state) => values(state).slice());
  const hidden = copies(inputs.hidden);
  const cells = inputs.cell && copies(inputs.cell);
  const layers = inputs.kernel.map((kernel, layer) =>
    layerStep(batch, {
      kernel: values(kernel),
      recurrentKernel: values(inputs.recurrentKernel[layer]!),
      bias: values(inputs.bias[layer]!),
      hidden: hidden[layer]!,
      cell: cells?.[layer],
    }),
  );
  const lookedUp = table && new Float32Array(batch * table.shape[1]!);
  const lookUp = (read: Int32Array) => {
    if (!table || !lookedUp) return read;
    addRowsFrom(values(table), read, table.shape[1]!, lookedUp.fill(0));
    return lookedUp;
  };
  const toLogits = productBy(batch, outputKernel.shape[0]!, classes, rowMajor(values(outputKernel), classes));
  const logits = new Float32Array(batch * classes);
  const drawn = new Int32Array(attrs.steps * batch);
  let read = integers(backend, ids);
  expectIds('sampleSequence: ids', read, classes);
  for (let step = 0; step < attrs.steps; step++) {
    const input: Float32Array | Int32Array = lookUp(read);
    const last = layers.reduce((x, move) => move(x), input) as Float32Array;
    fillRows(batch, values(outputBias), logits);
    toLogits(last, logits);
    const key = keyOf((attrs.seed + step) | 0);
    read = drawn.subarray(step * batch, (step + 1) * batch);
    for (let row = 0; row < batch; row++) {
      const id = drawId(logits.subarray(row * classes, (row + 1) * classes), uniform(key, row), attrs);
      if (id === undefined) throw notComparable('sampleSequence', row);
      read[row] = id;
    }
  }
  const states = [...inputs.hidden, ...(inputs.cell ?? [])];
  return [
    backend.makeTensorInfo([attrs.steps, batch], 'int32', drawn),
    ...[...hidden, ...(cells ?? [])].map((state, index) => output(backend, states[index]!.shape, state)),
  ];
}

export const sampleSequenceCPU = [
  {kernelName: 'SampleSequence', backendName: 'cpu', kernelFunc: forward, supports: () => true},
] as unknown as SelectiveKernel[];
