import {reshape, stack, type Tensor1D, type Tensor2D, type Tensor3D, tidy} from '@tensorflow/tfjs-core';
import {embeddingLookup} from '../embedding/embedding-lookup';
import {gru} from '../gru/gru';
import {linear} from '../linear/linear';
import {lstm} from '../lstm/lstm';
import {sampleCategorical} from '../sample-categorical/sample-categorical';
import type {LayerWithState, SampleSequenceInputs, SampleSequenceResult, StateOfLayer} from './sample-sequence';

/** The readable truth of `sampleSequence`: the operations it stands for, step by step. */
export function sampleSequenceReference(given: SampleSequenceInputs): SampleSequenceResult {
  const {steps, table, layers, output, seed, temperature, topK, topP} = given;
  return tidy(() => {
    let ids = given.ids;
    let states = layers.map(({state}) => state);
    const drawn: Tensor1D[] = [];
    for (let step = 0; step < steps; step++) {
      ({ids, states} = tidy(() => {
        const asStep = reshape(ids, [1, -1]) as Tensor2D;
        let x: Tensor2D | Tensor3D = table ? (embeddingLookup({table, ids: asStep}) as Tensor3D) : asStep;
        const next = layers.map((layer, index) => {
          const {outputs, state} = layerStep(given, x, layer, states[index]!);
          x = outputs;
          return state;
        });
        const logits = reshape(linear({x, ...output}), [ids.shape[0], -1]) as Tensor2D; // [B, V]
        return {ids: sampleCategorical({logits, seed: (seed + step) | 0, temperature, topK, topP}), states: next};
      }));
      drawn.push(ids);
    }
    return {ids: stack(drawn) as Tensor2D, states};
  });
}

function layerStep(
  {cell, forgetBias}: SampleSequenceInputs,
  x: Tensor2D | Tensor3D,
  {kernel, recurrentKernel, bias}: LayerWithState,
  {hidden, cell: memory}: StateOfLayer,
): {outputs: Tensor3D; state: StateOfLayer} {
  const main = {x, kernel, recurrentKernel, bias};
  if (cell === 'gru') {
    const {outputs, finalState} = gru({...main, initialState: hidden});
    return {outputs, state: {hidden: finalState}};
  }
  const {outputs, finalState} = lstm({...main, initialState: {hidden, cell: memory!}, forgetBias});
  return {outputs, state: finalState};
}
