import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {AttentionAttributes} from './attention';

/** What the kernel `Attention` is given; `AttentionGrad` finds more beside it. */
export interface AttentionCall<Backend, More extends string = never> {
  inputs: Record<'query' | 'keys' | 'values' | More, TensorInfo> & {lengths?: TensorInfo; scoreVector?: TensorInfo};
  attrs: AttentionAttributes;
  backend: Backend;
}

/** The sizes, by the letters of the docstring of `attention`. */
export function sizesOf({query, keys, values}: Record<'query' | 'keys' | 'values', TensorInfo>) {
  const [T, B, D] = query.shape as [number, number, number];
  return {T, B, D, S: keys.shape[0]!, E: values.shape[2]!};
}
