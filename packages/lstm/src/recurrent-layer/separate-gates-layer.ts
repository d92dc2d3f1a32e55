import type {LSTMState} from '@gatefold/gpu-kernels';
import {
  add,
  cast,
  oneHot,
  stack,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  unstack,
  zeros,
} from '@tensorflow/tfjs-core';
import {separateGates} from '../cell/convert-gates';
import {SeparateGatesCell} from '../cell/separate-gates-cell';
import type {RecurrentLayerInputs, RecurrentLayerResult} from './recurrent-layer';

/** An LSTM over a sequence as its equations read: four gates apart, one step after the other, ids made one-hot. */
export function separateGatesLayer(inputs: RecurrentLayerInputs): RecurrentLayerResult {
  const {x, kernel, recurrentKernel, bias, initialState, forgetBias} = inputs;
  return tidy(() => {
    const gates = separateGates({kernel, recurrentKernel, bias});
    gates.forget.bias = add(gates.forget.bias, forgetBias) as Tensor1D;
    const layer = new SeparateGatesCell(gates);
    const noState = () => zeros([x.shape[1], layer.hiddenSize]) as Tensor2D;
    let state: LSTMState = {hidden: initialState?.hidden ?? noState(), cell: initialState?.cell ?? noState()};
    const outputs: Tensor[] = [];
    for (const step of unstack(x)) {
      // Cast, because on wasm `oneHot` itself gives float32 the bits of an integer (docs/upstream).
      const input = x.rank === 2 ? cast(oneHot(step as Tensor1D, layer.inputSize), 'float32') : step; // [B, I]
      state = layer.step(input as Tensor2D, state);
      outputs.push(state.hidden);
    }
    return {outputs: stack(outputs) as Tensor3D, finalState: {...state}};
  });
}
