import {matMul, reshape, type Tensor3D, tidy} from '@tensorflow/tfjs-core';
import {type LSTMArguments, lstmReference} from '../lstm/reference';
import type {ProjectedLSTMInputs, ProjectedLSTMResult} from './projected-lstm';

/** The readable truth of `projectedLSTM`, in plain tfjs operations, the projection a product of its own at every step. */
export function projectedLSTMReference({
  projection,
  ...inputs
}: LSTMArguments & Pick<ProjectedLSTMInputs, 'projection'>): ProjectedLSTMResult {
  return tidy(() => {
    const {outputs, finalState} = lstmReference(inputs, {
      fromState: (hidden) => matMul(matMul(hidden, projection), inputs.recurrentKernel),
    });
    const [steps, batch, hiddenSize] = outputs.shape;
    const projected = matMul(reshape(outputs, [steps * batch, hiddenSize]), projection);
    return {outputs: reshape(projected, [steps, batch, projection.shape[1]]) as Tensor3D, finalState};
  });
}
