import {
  type NamedTensorMap,
  type Rank,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type {AttentionAttributes} from '../attention/attention';
import {type AttendedInputs, expectAttended, scaleFor} from '../attention/expect-attended';
import {hasKernel} from '../backends/has-kernel';
import {expectShape} from '../errors/expect-shape';
import {registerKernels} from '../kernels';
import {expectWeights, type LSTMWeights} from '../lstm/expect-weights';
import type {LSTMState} from '../lstm/lstm';
import {expectSequence, type SequenceInputs} from '../sequence/expect-sequence';
import {attentionLSTMWithGradient} from './gradient';
import {attentionLSTMReference} from './reference';

/** Between two steps: `hidden [B, H]`, `cell [B, H]` and the context of the last step, `[B, E]`, all float32. */
export type AttentionLSTMState = LSTMState & {
  context: Tensor2D;
};

export interface AttentionLSTMInputs extends Pick<SequenceInputs, 'x'>, LSTMWeights, AttendedInputs {
  /** `[E, 4H]`: what the context of the step before adds to the gates (input feeding), gate order as in `kernel`. */
  contextKernel: Tensor2D;
  /** `[H, D]`: makes the query of the hidden state. The hidden state itself where it is left out; D is then H. */
  queryKernel?: Tensor2D;
  /**
   * Before the first step: the final state of the steps before, or that of an encoder, which has no context yet. What is
   * left out is zeros.
   */
  initialState?: LSTMState & {context?: Tensor2D};
}

export type AttentionLSTMResult = {
  /** `[T, B, H]`: the hidden state after every step. */
  outputs: Tensor3D;
  /** `[T, B, E]`: what every step has found. */
  contexts: Tensor3D;
  /** `[T, B, S]`: what every step takes of each position; 0 from `lengths[b]` on. */
  weights: Tensor3D;
  /** After the last step. */
  finalState: AttentionLSTMState;
};

/**
 * Runs an LSTM that attends at every step, and is fed at the next what it has found: the bottom layer of a decoder.
 *
 *     [i f c o] = x W + a C + h R + b      s' = σ(f) s + σ(i) tanh(c)      h' = σ(o) tanh(s')
 *     a' = attention(h' Q, keys, values, lengths)
 *
 * where W is `kernel`, C `contextKernel`, R `recurrentKernel`, b `bias`, Q `queryKernel`, h the hidden state, s the cell
 * state and a the context; `forgetBias` is added to f. Layers above it depend on no step of their own before this one is
 * done: they run over the whole sequence by `lstm`, on `outputs` and `contexts` side by side.
 *
 * Differentiable in all float32 inputs, by way of all results. One step (`T = 1`) is what decoding calls symbol by symbol.
 * `lengths` are those of what is attended to; steps behind the end of a short target are computed like any other, and get
 * no gradient where the loss has no weight there.
 *
 * @returns `outputs`, `contexts`, `weights` and `finalState`; the caller disposes of the six tensors. `T = 0` gives the
 *   initial state back.
 * @throws ShapeError where a shape or dtype does not fit: I is `kernel.shape[0]`, H `recurrentKernel.shape[0]`, D
 *   `keys.shape[2]`, E `values.shape[2]`.
 * @throws RangeError where `kind` is neither `'dot'` nor `'additive'`, or `forgetBias` is not a finite number.
 * @throws IdRangeError where an id is not in `[0, I)` (cpu, wasm and tensorflow).
 * @example
 * const encoded = lstm({x: source, lengths, ...encoder});
 * const keys = linear({x: encoded.outputs, kernel: keyKernel, bias: keyBias}) as tf.Tensor3D; // once for all steps
 * const memory = {keys, values: encoded.outputs, lengths, kind: 'additive' as const, scoreVector};
 * const decoded = attentionLSTM({x: target, ...decoder, ...memory, initialState: encoded.finalState});
 * const logits = linear({x: tf.concat([decoded.outputs, decoded.contexts], 2), ...projection});
 *
 * Cost: 8·T·B·H·(I + E + H) flops forward (from ids 8·T·B·H·(E + H)), 2·T·B·H·D for the queries, and `attention` of T
 * queries; twice that backward. Keeps `[T, B, 4H]` gates, `[T, B, H]` cell states and the weights for the gradient.
 * Source: Bahdanau et al. 2015 (arXiv 1409.0473); input feeding: Luong et al. 2015 (arXiv 1508.04025); only the bottom
 * layer waits for its context: Wu et al. 2016 (arXiv 1609.08144).
 */
export function attentionLSTM({initialState, ...inputs}: AttentionLSTMInputs): AttentionLSTMResult {
  const {x, kernel, contextKernel, recurrentKernel, bias, queryKernel, keys, values, ...options} = inputs;
  const {lengths, kind, scoreVector, forgetBias = 0} = options;
  const operation = 'attentionLSTM';
  const {inputSize, hiddenSize} = expectWeights(operation, inputs);
  expectSequence(operation, {x}, {inputSize, hiddenSize});
  const batchSize = x.shape[1];
  expectAttended(operation, inputs, {batchSize, size: queryKernel ? 'D' : hiddenSize});
  const [size, width] = [keys.shape[2], values.shape[2]];
  expectShape(operation, 'contextKernel', contextKernel, {shape: [width, 4 * hiddenSize], dtype: 'float32'});
  if (queryKernel) expectShape(operation, 'queryKernel', queryKernel, {shape: [hiddenSize, size], dtype: 'float32'});
  const state = {hidden: hiddenSize, cell: hiddenSize, context: width};
  for (const name of initialState ? (['hidden', 'cell', 'context'] as const) : []) {
    const tensor = initialState![name];
    if (name === 'context' && !tensor) continue;
    expectShape(operation, `initialState.${name}`, tensor!, {shape: [batchSize, state[name]], dtype: 'float32'});
  }

  registerKernels();
  return tidy(() => {
    const before = (name: keyof typeof state) => initialState?.[name] ?? zeros<Rank.R2>([batchSize, state[name]]);
    const tensors: AttentionLSTMTensors = {
      ...{x, kernel, contextKernel, recurrentKernel, bias, keys, values},
      ...{hidden: before('hidden'), cell: before('cell'), context: before('context')},
      ...(queryKernel && {queryKernel}),
      ...(lengths && {lengths}),
      ...(kind === 'additive' && {scoreVector}),
    };
    const run = hasKernel('AttentionLSTM', {}, tensors as unknown as NamedTensorMap)
      ? attentionLSTMWithGradient
      : attentionLSTMReference;
    return run(tensors, {kind, scale: scaleFor(inputs), forgetBias});
  });
}

/** The tensors that the kernels take. */
export interface AttentionLSTMTensors {
  x: Tensor2D | Tensor3D;
  kernel: Tensor2D;
  contextKernel: Tensor2D;
  recurrentKernel: Tensor2D;
  bias: Tensor1D;
  keys: Tensor3D;
  values: Tensor3D;
  hidden: Tensor2D;
  cell: Tensor2D;
  context: Tensor2D;
  queryKernel?: Tensor2D;
  lengths?: Tensor1D;
  scoreVector?: Tensor1D;
}

export interface AttentionLSTMAttributes extends AttentionAttributes {
  forgetBias: number;
}
