import * as tf from '@tensorflow/tfjs';
import type {Side, Workload} from '../../workload';

/** What is timed of an operation: a call of it, and where it has one its gradient with it. */
export interface Passes {
  forward: () => unknown;
  gradient?: () => unknown;
}

/** Both passes of a function of tensors, the gradient taken in all of them. */
export function bothWays(inputs: tf.Tensor[], call: (...inputs: tf.Tensor[]) => tf.Tensor): Required<Passes> {
  const upstream = tf.ones(tf.tidy(() => call(...inputs).shape));
  const gradients = tf.grads(call);
  return {forward: () => call(...inputs), gradient: () => gradients(inputs, upstream)};
}

interface KernelCase {
  /** The operation, as `top-k`, and its shapes, as `8x10000-k8`. */
  operation: string;
  shapes: string;
  /** The backends on which a kernel of ours takes the place of tfjs's own; elsewhere the other side is the reference. */
  replacesOn?: string[];
  prepare(seed: number): Passes;
}

/** A workload for each pass: an operation by our kernel beside its reference, or tfjs's kernel that ours replaces. */
export function kernelWorkloads({operation, shapes, replacesOn, prepare}: KernelCase, hasGradient = false): Workload[] {
  return (['forward', ...(hasGradient ? ['gradient' as const] : [])] as const).map((pass) => ({
    name: `kernels/${operation}/${shapes}/${pass}`,
    process: `kernels/${operation}`,
    description: `${operation} of ${shapes}, ${pass === 'forward' ? pass : 'forward and gradient'}`,
    backends: replacesOn ?? ['wasm', 'cpu'],
    nowhereElse: Boolean(replacesOn),
    against: replacesOn ? 'stock' : 'reference',
    clearRatio: 3,
    async prepare(seed, backend) {
      const call = prepare(seed)[pass]!;
      const run =
        (repeats: number): Side =>
        () => {
          for (let repeat = 0; repeat < repeats; repeat++) tf.tidy(() => void call());
          return finish(backend);
        };
      const repeats = await repeatsOf(run(1));
      return {ours: run(repeats), stock: run(repeats), repeats, dispose: () => tf.disposeVariables()};
    },
  }));
}

/** How often a run repeats a call, so that the clock and the exchange of kernels do not count. */
async function repeatsOf(once: Side): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    await once();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return Math.min(200, Math.ceil(2 / fastest));
}

/** Resolves when the backend has done all that was asked of it; those that are not on a GPU have by then. */
async function finish(backend: string): Promise<void> {
  if (backend === 'webgl') {
    // Reading a pixel waits for all that was drawn before; WebGL's own `finish` does not, in Chromium.
    const {gl} = (tf.backend() as unknown as {gpgpu: {gl: WebGL2RenderingContext}}).gpgpu;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, new Float32Array(4));
  }
  if (backend !== 'webgpu') return;
  const gpu = tf.backend() as unknown as {
    endComputePassEncoder(): void;
    submitQueue(): void;
    commandEncoder: object | null;
    queue: {onSubmittedWorkDone(): Promise<void>};
  };
  if (gpu.commandEncoder) {
    // none where the backend has just submitted a full batch
    gpu.endComputePassEncoder();
    gpu.submitQueue();
  }
  await gpu.queue.onSubmittedWorkDone();
}
