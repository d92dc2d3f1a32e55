import {type AttentionKind, concatenate, linear} from '@gatefold/gpu-kernels';
import {type Tensor1D, type Tensor2D, type Tensor3D, zeros} from '@tensorflow/tfjs-core';
import type {FullConfiguration} from '../model/configuration';
import {embeddingNames} from '../model/initial-parameters';
import {linearWeights, matrixOf, type Parameters, recurrentWeights, vectorOf} from '../model/layer-weights';
import {symbolInputs} from '../model/symbol-inputs';
import type {Thinning} from '../model/thinning';
import {type RecurrentState, recurrentLayer} from '../recurrent-layer/recurrent-layer';

/** What attention looks at: the encoder's outputs, and the keys they are found by. */
export type Memory = {
  /** `[S, B, H]` */
  keys: Tensor3D;
  /** `[S, B, E]` */
  values: Tensor3D;
  /** `[B]` int32 */
  lengths: Tensor1D;
};

/** What a decoder knows of its sources. */
export type Encoded = {
  /** Where there is attention. */
  memory?: Memory;
  /** What the decoder's layers begin with, from the bottom up. */
  states: RecurrentState[];
};

/** See `Seq2SeqModel.encode`. Runs within the caller's `tidy`. */
export function encode(
  configuration: FullConfiguration,
  parameters: Parameters,
  {ids, lengths}: {ids: Tensor2D; lengths: Tensor1D},
  thin: Thinning,
): Encoded {
  const {cell, encoderHiddenSizes, bidirectional, reverseSource, forgetBias, attention} = configuration;
  const table = matrixOf(parameters, embeddingNames(configuration).source);
  const embedded = symbolInputs({table, ids}, thin);
  let x!: Tensor3D; // the outputs of the layer below
  const states = encoderHiddenSizes.map((_, index) => {
    const name = `encoder.${cell}${index}`;
    const read = (layer: string, direction: 'forward' | 'backward') => {
      const weights = recurrentWeights(parameters, layer);
      const inputs = index === 0 ? embedded(weights) : {...weights, x};
      return recurrentLayer(cell, {...inputs, lengths, direction, forgetBias});
    };
    let {outputs, finalState} = read(name, reverseSource ? 'backward' : 'forward');
    if (bidirectional) {
      const back = read(`${name}.backward`, 'backward');
      outputs = concatenate([outputs, back.outputs], 2);
      finalState = mapState(finalState, (state, part) => concatenate([state, back.finalState[part]!], 1));
    }
    x = thin(outputs);
    return bridged(parameters, `bridge${index}`, finalState);
  });
  return attention === 'none' ? {states} : {states, memory: {keys: keysOf(parameters, x), values: x, lengths}};
}

/** The kind and weights of attention beside its memory. */
export function attendedBy({attention}: FullConfiguration, parameters: Parameters) {
  const kind: AttentionKind = attention === 'additive' ? 'additive' : 'dot';
  if (kind === 'dot') return {kind, scale: 1};
  const scoreVector = vectorOf(parameters, 'attention.scoreVector');
  return {kind, scoreVector, queryKernel: matrixOf(parameters, 'attention.queryKernel')};
}

function keysOf(parameters: Parameters, values: Tensor3D): Tensor3D {
  const kernel = matrixOf(parameters, 'attention.keyKernel');
  const bias = vectorOf(parameters, 'attention.keyBias') ?? (zeros([kernel.shape[1]]) as Tensor1D);
  return linear({x: values, kernel, bias}) as Tensor3D;
}

/** A state of the encoder in the size of the decoder's layer. */
function bridged(parameters: Parameters, name: string, state: RecurrentState): RecurrentState {
  if (!parameters[`${name}.hidden.kernel`]) return state;
  return mapState(state, (x, part) => linear({x, ...linearWeights(parameters, `${name}.${part}`)}) as Tensor2D);
}

function mapState(
  {hidden, cell}: RecurrentState,
  map: (tensor: Tensor2D, part: keyof RecurrentState) => Tensor2D,
): RecurrentState {
  return {hidden: map(hidden, 'hidden'), ...(cell && {cell: map(cell, 'cell')})};
}
