import {expectClose, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {BackendError} from '../errors/backend-error';
import {linear} from '../linear/linear';
import {type BackendName, useBackend} from './use-backend';
import {relaxedSIMDBinary, simdBinary} from './wasm-binary.generated';
import type {WasmKernels} from './wasm-memory';

afterEach(() => vi.restoreAllMocks());

describe('useBackend', () => {
  test('with no name takes wasm', async () => {
    expect(await useBackend()).toEqual({name: 'wasm'});
    expect(tf.getBackend()).toBe('wasm');
  });

  test('changes from one to another and back, without a warning', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    for (const name of ['cpu', 'wasm', 'cpu'] as const) {
      await useBackend(name);
      expect(tf.getBackend()).toBe(name);
    }
    expect(warned).not.toHaveBeenCalled();
  });

  test('refuses a name it does not know, and lists those it does', async () => {
    const attempt = useBackend('wsam' as BackendName);
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(attempt).rejects.toThrow(
      'Unknown backend "wsam", expected one of wasm, cpu, webgl, webgpu, tensorflow',
    );
  });

  test('says what to install for a backend that is not there', async () => {
    await expect(useBackend('tensorflow')).rejects.toThrow('run "npm install @tensorflow/tfjs-node"');
  });

  test('operations work for those who call tf.setBackend themselves', async () => {
    await tf.setBackend('cpu');
    const y = linear({x: tf.ones([1, 2]), kernel: tf.ones([2, 2]), bias: tf.ones([2])});
    expect([...(await y.data())]).toEqual([3, 3]);
  });

  test('an operation without a kernel on a backend runs as its reference', async () => {
    await useBackend('cpu');
    const inputs = {
      x: tf.tensor2d(seededValues(6, 1), [2, 3]),
      kernel: tf.tensor2d(seededValues(12, 2), [3, 4]),
      bias: tf.ones([4]) as tf.Tensor1D,
    };
    const expected = await linear(inputs).data();
    const kernel = tf.getKernel('Linear', 'cpu')!;
    tf.unregisterKernel('Linear', 'cpu');
    try {
      expectClose(await linear(inputs).data(), expected, {relative: 1e-6});
    } finally {
      tf.registerKernel(kernel);
    }
  });

  test('wasm kernels stay right when the memory grows under them', async () => {
    await useBackend('wasm');
    const small = {x: tf.ones([2, 3]), kernel: tf.ones([3, 2]) as tf.Tensor2D, bias: tf.zeros([2]) as tf.Tensor1D};
    const before = await linear(small).data();
    const large = Array.from({length: 8}, () => tf.zeros([2048, 2048])); // 128 MiB
    expect(await linear(small).data()).toEqual(before);
    const bigger = linear({x: tf.ones([2048, 256]), kernel: tf.ones([256, 1024]), bias: tf.zeros([1024])});
    expect((await tf.max(bigger).data())[0]).toBe(256);
    tf.dispose([large, bigger]);
  });
});

describe.each([
  ['with SIMD', simdBinary],
  ['with relaxed SIMD', relaxedSIMDBinary],
])('the wasm kernels %s', (_, binary) => {
  /** The kernels on a memory of their own, with an allocator that never frees. */
  async function instantiate() {
    await useBackend('wasm'); // admits relaxed SIMD where it needs a flag
    const memory = new WebAssembly.Memory({initial: 64});
    let top = 1024;
    const malloc = (bytes: number) => {
      const pointer = top;
      top += (bytes + 15) & ~15;
      return pointer;
    };
    const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
    const {instance} = await WebAssembly.instantiate(bytes, {env: {memory, malloc, free: () => undefined}});
    const put = (values: Float32Array) => {
      const pointer = malloc(values.byteLength);
      new Float32Array(memory.buffer, pointer, values.length).set(values);
      return pointer;
    };
    const view = (pointer: number, length: number) => new Float32Array(memory.buffer, pointer, length);
    return {kernels: instance.exports as unknown as WasmKernels, put, view};
  }

  test('multiply matrices within 1e-5', async () => {
    const {kernels, put, view} = await instantiate();
    const [rows, depth, columns] = [37, 29, 43];
    const [a, b, bias] = [seededValues(rows * depth, 1), seededValues(depth * columns, 2), seededValues(columns, 3)];
    const y = put(new Float32Array(rows * columns));
    kernels.linearForward(rows, depth, columns, put(a), put(b), put(bias), y);
    const expected = Array.from({length: rows * columns}, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      let sum = bias[column]!;
      for (let k = 0; k < depth; k++) sum += a[row * depth + k]! * b[k * columns + column]!;
      return sum;
    });
    expectClose(view(y, rows * columns), expected, {relative: 1e-5});
  });

  test('squash as documented: tanh to a relative 4e-7, sigmoid to 2e-7, for inputs from -20 to 20', async () => {
    const {kernels, put, view} = await instantiate();
    const count = 4001;
    // One unit, no recurrence: the activated gates of an LSTM step are the squashed inputs themselves.
    const inputs = Float32Array.from({length: count}, (_, index) => (index - 2000) / 100);
    const gates = put(new Float32Array(4 * count));
    const zero = put(new Float32Array(4 * count));
    const kernel = put(Float32Array.of(1, 1, 1, 1));
    const recurrent = put(new Float32Array(4));
    kernels.lstmForward(
      1,
      count,
      1,
      1,
      0,
      put(inputs),
      kernel,
      recurrent,
      zero,
      zero,
      zero,
      gates,
      put(new Float32Array(count)),
      put(new Float32Array(count)),
    );
    const activated = view(gates, 4 * count);
    inputs.forEach((x, index) => {
      const bounded = Math.max(-8, Math.min(8, x));
      expect(Math.abs(activated[4 * index + 2]! - Math.tanh(bounded))).toBeLessThanOrEqual(
        4e-7 * Math.abs(Math.tanh(x)),
      );
      expect(Math.abs(activated[4 * index]! - 1 / (1 + Math.exp(-x)))).toBeLessThanOrEqual(2e-7);
    });
  });
});
