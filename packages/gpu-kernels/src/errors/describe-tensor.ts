import type {Tensor} from '@tensorflow/tfjs-core';

/** What came, for an error: dtype and shape, or that it is no tensor, or no longer one. */
export function describeTensor(tensor: Tensor): string {
  if (!tensor?.shape) return String(tensor);
  return `${tensor.isDisposed ? 'a disposed ' : ''}${tensor.dtype} [${tensor.shape.join(', ')}]`;
}
