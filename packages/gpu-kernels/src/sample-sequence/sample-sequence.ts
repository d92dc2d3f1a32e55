import {
  engine,
  type NamedTensorMap,
  type Tensor1D,
  type Tensor2D,
  type TensorInfo,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {addToForgetGate} from '../lstm/forget-bias';
import {
  expectSamplingOptions,
  restrictionOf,
  type SampleAttributes,
  type SampleCategoricalInputs,
} from '../sample-categorical/sample-categorical';
import {sampleSequenceReference} from './reference';

/** One of the recurrent layers of a model that writes, with what it remembers. */
export interface LayerWithState {
  /** `[I, G H]`, G being 4 for an LSTM, gates in the order of `lstm`, and 3 for a GRU, in that of `gru`. */
  kernel: Tensor2D;
  /** `[H, G H]` */
  recurrentKernel: Tensor2D;
  /** `[G H]` */
  bias: Tensor1D;
  /** `[B, H]` each, before the first step; a GRU has no `cell`. */
  state: StateOfLayer;
}

/** What a layer remembers: `hidden [B, H]`, and of an LSTM `cell [B, H]`. */
export type StateOfLayer = {hidden: Tensor2D; cell?: Tensor2D};

export interface SampleSequenceInputs extends Omit<SampleCategoricalInputs, 'logits'> {
  /** `[B]` int32 in `[0, V)`: the last id of each stream, which the model has not read yet. */
  ids: Tensor1D;
  /** How many ids to draw for each stream, 0 or more. */
  steps: number;
  cell: 'lstm' | 'gru';
  /** From the input up. */
  layers: readonly LayerWithState[];
  /** `[V, D]`: the rows that the first layer reads; without it ids are one-hot, the rows of that layer's kernel. */
  table?: Tensor2D;
  /** `kernel [H, V]` and `bias [V]`, from the last layer to the logits. */
  output: {kernel: Tensor2D; bias: Tensor1D};
  /** Of every LSTM layer, as in `lstm`; default 0. */
  forgetBias?: number;
}

export type SampleSequenceResult = {
  /** `[steps, B]` int32 */
  ids: Tensor2D;
  /** One a layer, after the last id but one was read: the last one drawn is the next to be. */
  states: StateOfLayer[];
};

/**
 * Lets a recurrent language model write: draws an id for each stream, reads it, draws the next, all in one kernel.
 *
 * Step n draws as `sampleCategorical` does with the seed `seed + n`, from what `lstm` or `gru` and `linear` make of the ids
 * before, so a run of many steps can be cut anywhere and gone on with from `ids` and `states`. Where a backend has no
 * kernel of ours (GPUs, tfjs-node) those operations run one after the other. No gradient.
 *
 * @returns `ids [steps, B]` and the states; the caller disposes of them.
 * @throws ShapeError where a shape or dtype does not fit. IdRangeError where one of `ids` is not in `[0, V)` (cpu, wasm and
 *   tensorflow).
 * @throws RangeError where an option is out of its range, or logits hold NaN (cpu, wasm and tensorflow).
 * @example
 * const {ids, states} = sampleSequence({
 *   ...{ids: last, steps: 100, cell: 'lstm', layers: [{kernel, recurrentKernel, bias, state}]},
 *   ...{output: {kernel: outputKernel, bias: outputBias}, seed: 7, temperature: 0.8},
 * });
 *
 * Cost: a call costs the packing of all weights once (from 4 streams on), then a step 2·B·G·H·(I + H) flops a layer and
 * 2·B·H·V for the logits; nothing is made that a step could leave behind.
 */
export function sampleSequence(given: SampleSequenceInputs): SampleSequenceResult {
  const {ids, steps, cell, layers, table, output, forgetBias = 0, seed} = given;
  expectModel(given);
  expectSamplingOptions('sampleSequence', given);
  if (!(Number.isSafeInteger(steps) && steps >= 0)) {
    throw new RangeError(`sampleSequence: steps is ${steps}, expected a whole number, 0 or more.`);
  }
  registerKernels();
  return tidy(() => {
    const [batch, classes] = [ids.shape[0], output.bias.shape[0]];
    const sampling = restrictionOf(given, classes);
    const inputs = {
      ...{ids, ...(table && {table}), outputKernel: output.kernel, outputBias: output.bias},
      kernel: layers.map(({kernel}) => kernel),
      recurrentKernel: layers.map(({recurrentKernel}) => recurrentKernel),
      bias: layers.map(({bias}) => (forgetBias === 0 ? bias : addToForgetGate(bias, forgetBias))),
      hidden: layers.map(({state}) => state.hidden),
      ...(cell === 'lstm' && {cell: layers.map(({state}) => state.cell!)}),
    } as unknown as NamedTensorMap;
    if (steps === 0 || batch === 0) {
      const states = layers.map(({state: {hidden, cell}}) => ({
        hidden: hidden.clone(),
        ...(cell && {cell: cell.clone()}),
      }));
      return {ids: zeros([steps, batch], 'int32') as Tensor2D, states};
    }
    if (!hasKernel('SampleSequence', {}, inputs)) return sampleSequenceReference(given);
    const attributes: SampleSequenceAttributes = {steps, cell, seed, ...sampling};
    const [drawn, ...states] = engine().runKernel('SampleSequence', inputs, {...attributes}) as Tensor2D[];
    return {
      ids: drawn!,
      states: layers.map((_, layer) =>
        cell === 'gru' ? {hidden: states[layer]!} : {hidden: states[layer]!, cell: states[layers.length + layer]!},
      ),
    };
  });
}

/** As the kernels take them; lists have one tensor a layer. */
export interface SampleSequenceTensors {
  ids: TensorInfo;
  table?: TensorInfo;
  kernel: TensorInfo[];
  recurrentKernel: TensorInfo[];
  bias: TensorInfo[];
  hidden: TensorInfo[];
  cell?: TensorInfo[];
  outputKernel: TensorInfo;
  outputBias: TensorInfo;
}

/** What the kernels take beside tensors. */
export interface SampleSequenceAttributes extends SampleAttributes {
  steps: number;
  cell: 'lstm' | 'gru';
}

function expectModel({ids, cell, layers, table, output, forgetBias = 0}: SampleSequenceInputs): void {
  const expect = expectShape.bind(undefined, 'sampleSequence');
  if (cell !== 'lstm' && cell !== 'gru') {
    throw new RangeError(`sampleSequence: cell is ${JSON.stringify(cell)}, expected "lstm" or "gru".`);
  }
  if (layers.length === 0) throw new RangeError('sampleSequence: layers is empty, expected at least one.');
  if (!Number.isFinite(forgetBias) || (cell === 'gru' && forgetBias !== 0)) {
    throw new RangeError(`sampleSequence: forgetBias is ${forgetBias}, expected a finite number, and 0 with a GRU.`);
  }
  const gates = cell === 'lstm' ? 4 : 3;
  expect('ids', ids, {shape: ['B'], dtype: 'int32'});
  expect('output.bias', output.bias, {shape: ['V'], dtype: 'float32'});
  const [batch, classes] = [ids.shape[0], output.bias.shape[0]];
  if (table) expect('table', table, {shape: [classes, 'D'], dtype: 'float32'});
  let inputSize = table?.shape[1] ?? classes;
  layers.forEach(({kernel, recurrentKernel, bias, state}, layer) => {
    const name = (part: string) => `layers[${layer}].${part}`;
    expect(name('recurrentKernel'), recurrentKernel, {shape: ['H', `${gates}H`], dtype: 'float32'});
    const hiddenSize = recurrentKernel.shape[0];
    const width = gates * hiddenSize;
    expect(name('recurrentKernel'), recurrentKernel, {shape: [hiddenSize, width], dtype: 'float32'});
    expect(name('kernel'), kernel, {shape: [inputSize, width], dtype: 'float32'});
    expect(name('bias'), bias, {shape: [width], dtype: 'float32'});
    expect(name('state.hidden'), state.hidden, {shape: [batch, hiddenSize], dtype: 'float32'});
    if (cell === 'lstm') expect(name('state.cell'), state.cell!, {shape: [batch, hiddenSize], dtype: 'float32'});
    inputSize = hiddenSize;
  });
  expect('output.kernel', output.kernel, {shape: [inputSize, classes], dtype: 'float32'});
}
