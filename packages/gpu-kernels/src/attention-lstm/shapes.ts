import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {AttentionLSTMAttributes} from './attention-lstm';

type Given =
  | 'x'
  | 'kernel'
  | 'contextKernel'
  | 'recurrentKernel'
  | 'bias'
  | 'keys'
  | 'values'
  | 'hidden'
  | 'cell'
  | 'context';
type Optional = 'queryKernel' | 'lengths' | 'scoreVector';
/** What `AttentionLSTM` gives: the results, and what only its gradient needs. */
type Made = 'outputs' | 'contexts' | 'weights' | 'gates' | 'cells' | 'queries';
type Gradient = `${'outputs' | 'contexts' | 'weights' | 'hidden' | 'cell' | 'context'}Gradient`;

export interface ForwardCall<Backend> {
  /** `bias` has the forget bias in it. */
  inputs: Record<Given, TensorInfo> & {[Name in Optional]?: TensorInfo};
  attrs: AttentionLSTMAttributes;
  backend: Backend;
}

export interface BackwardCall<Backend> extends ForwardCall<Backend> {
  inputs: ForwardCall<Backend>['inputs'] & Record<Made | Gradient, TensorInfo>;
}

/** The sizes, by the letters of the docstring of `attentionLSTM`. */
export function sizesOf({x, kernel, keys, values, hidden}: ForwardCall<unknown>['inputs']) {
  const [T, B] = x.shape as [number, number];
  const [S, , D] = keys.shape as [number, number, number];
  return {T, B, S, D, E: values.shape[2]!, I: kernel.shape[0]!, H: hidden.shape[1]!};
}

/** The tensors that have a gradient, in the order in which `AttentionLSTMGrad` gives them. */
export function differentiable({x, queryKernel, scoreVector}: Pick<ForwardCall<unknown>['inputs'], 'x' | Optional>) {
  return [
    ...(['kernel', 'contextKernel', 'recurrentKernel', 'bias', 'keys', 'values', 'hidden', 'cell', 'context'] as const),
    ...(queryKernel ? (['queryKernel'] as const) : []),
    ...(scoreVector ? (['scoreVector'] as const) : []),
    ...(x.dtype === 'float32' ? (['x'] as const) : []),
  ];
}
