// A sequence taken apart and put together, with gradients: those of tfjs come only with its union.
import {concat, slice, stack, type Tensor, unstack} from '@tensorflow/tfjs-core';
import {withGradient} from '../backends/with-gradient';

/** The steps `[B, ...]` of `[T, B, ...]` float32. */
export function stepsOf<Step extends Tensor>(sequence: Tensor): Step[] {
  return withGradient({
    inputs: {sequence},
    forward: () => ({outputs: unstack(sequence), saved: []}),
    backward: (gradients) => ({sequence: () => stack(gradients)}),
  }) as Step[];
}

/** float32 tensors side by side. */
export function concatenate<Joined extends Tensor>(tensors: readonly Joined[], axis: number): Joined {
  const inputs = Object.fromEntries(tensors.map((tensor, index) => [index, tensor]));
  const sizes = tensors.map(({shape}) => shape[axis]!);
  const [joined] = withGradient({
    inputs,
    forward: () => ({outputs: [concat([...tensors], axis)], saved: []}),
    backward: ([gradient]) => {
      let from = 0;
      const parts = sizes.map((size, index) => {
        const [begin, extent] = [gradient!.shape.map(() => 0), [...gradient!.shape]];
        [begin[axis], extent[axis]] = [from, size];
        from += size;
        return [index, () => slice(gradient!, begin, extent)] as const;
      });
      return Object.fromEntries(parts);
    },
  });
  return joined as Joined;
}
