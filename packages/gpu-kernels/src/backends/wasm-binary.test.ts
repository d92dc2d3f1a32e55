import {expectClose, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {describe, expect, test} from 'vitest';
import {lstmReference} from '../lstm/reference';
import {useBackend} from './use-backend';
import {relaxedSIMDBinary, simdBinary, type WasmKernels} from './wasm-binary.generated';

/** The kernels of one binary on a memory of their own, with an allocator that never frees. */
async function instantiate(binary: string) {
  await useBackend('wasm'); // admits relaxed SIMD where it needs a flag
  const memory = new WebAssembly.Memory({initial: 256, maximum: 65536});
  let top = 1024;
  const malloc = (bytes: number) => {
    const pointer = top;
    top += (bytes + 15) & ~15;
    return pointer;
  };
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  const {instance} = await WebAssembly.instantiate(bytes, {env: {memory, malloc, free: () => undefined}});
  const put = (values: Float32Array | Int32Array) => {
    const pointer = malloc(values.byteLength);
    new Uint8Array(memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), pointer);
    return pointer;
  };
  const space = (count: number) => put(new Float32Array(count));
  const read = (pointer: number, count: number) => new Float32Array(memory.buffer, pointer, count);
  return {kernels: instance.exports as unknown as WasmKernels, put, space, read};
}

/** `count` float32 values evenly from `low` to `high`. */
function evenly(low: number, high: number, count: number): Float32Array {
  return Float32Array.from({length: count}, (_, index) => low + ((high - low) * index) / (count - 1));
}

describe.each([
  ['with SIMD', simdBinary],
  ['with relaxed SIMD', relaxedSIMDBinary],
])('the wasm kernels %s', (_, binary) => {
  test.each([
    [37, 29, 43],
    [1, 5, 3],
    [5, 1, 9],
    [4, 8, 8],
  ])('multiply [%i, %i] by [.., %i] within 1e-5', async (rows, depth, columns) => {
    const {kernels, put, space, read} = await instantiate(binary);
    const [a, b, bias] = [seededValues(rows * depth, 1), seededValues(depth * columns, 2), seededValues(columns, 3)];
    const y = space(rows * columns);
    kernels.linearForward(rows, depth, columns, put(a), put(b), put(bias), y);
    const expected = Array.from({length: rows * columns}, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      let sum = bias[column]!;
      for (let k = 0; k < depth; k++) sum += a[row * depth + k]! * b[k * columns + column]!;
      return sum;
    });
    expectClose(read(y, rows * columns), expected, {relative: 1e-5});
  });

  test('run an LSTM within 1e-5 of the reference', async () => {
    const {kernels, put, space, read} = await instantiate(binary);
    const [steps, batch, inputSize, hidden] = [7, 5, 6, 11];
    const x = seededValues(steps * batch * inputSize, 1);
    const kernel = seededValues(inputSize * 4 * hidden, 2);
    const recurrent = seededValues(hidden * 4 * hidden, 3);
    const bias = seededValues(4 * hidden, 4);
    const state = [seededValues(batch * hidden, 5), seededValues(batch * hidden, 6)] as const;
    const count = steps * batch * hidden;
    const [gates, outputs, cells] = [space(4 * count), space(count), space(count)];
    const inputs = [put(x), put(kernel), put(recurrent), put(bias), put(state[0]), put(state[1])] as const;
    kernels.lstmForward(steps, batch, inputSize, hidden, 0, ...inputs, gates, outputs, cells, 0, 0, false);
    await useBackend('cpu');
    const expected = lstmReference({
      x: tf.tensor3d(x, [steps, batch, inputSize]),
      kernel: tf.tensor2d(kernel, [inputSize, 4 * hidden]),
      recurrentKernel: tf.tensor2d(recurrent, [hidden, 4 * hidden]),
      bias: tf.tensor1d(bias),
      hidden: tf.tensor2d(state[0], [batch, hidden]),
      cell: tf.tensor2d(state[1], [batch, hidden]),
    });
    expectClose(read(outputs, count), await expected.outputs.data(), {relative: 1e-5, absolute: 1e-6});
  });

  /** The activated gates [count, 4] of one step of one unit without recurrence: the squashed inputs themselves. */
  async function squash(inputs: Float32Array) {
    const {kernels, put, space, read} = await instantiate(binary);
    const count = inputs.length;
    const gates = space(4 * count);
    const zeros = space(4 * count);
    const [kernel, cells, outputs] = [put(Float32Array.of(1, 1, 1, 1)), space(count), space(count)];
    kernels.lstmForward(
      1,
      count,
      1,
      1,
      0,
      put(inputs),
      kernel,
      zeros,
      zeros,
      zeros,
      zeros,
      gates,
      outputs,
      cells,
      0,
      0,
      false,
    );
    return {
      sigmoid: (index: number) => read(gates, 4 * count)[4 * index]!,
      tanh: (index: number) => read(gates, 4 * count)[4 * index + 2]!,
    };
  }

  test('tanh: relative error at most 3e-7, result within [-1, 1]', async () => {
    const inputs = Float32Array.of(...evenly(-8, 8, 20_001), 1e-30, -1e-30, 1e-6, -1e-3, 0, 8.5, -20, 1e4, -3e38);
    const {tanh} = await squash(inputs);
    let [worst, largest] = [0, 0];
    inputs.forEach((x, index) => {
      worst = Math.max(worst, Math.abs(tanh(index) - Math.tanh(x)) / (Math.abs(Math.tanh(x)) || 1));
      largest = Math.max(largest, Math.abs(tanh(index)));
    });
    expect(worst).toBeLessThanOrEqual(3e-7);
    expect(largest).toBeLessThanOrEqual(1);
  });

  test('sigmoid: absolute error at most 2e-7, result within [0, 1]', async () => {
    const inputs = Float32Array.of(...evenly(-20, 20, 20_001), 1e4, -1e4, 3e38, -3e38, 1e-30);
    const {sigmoid} = await squash(inputs);
    let [worst, least, largest] = [0, 1, 0];
    inputs.forEach((x, index) => {
      worst = Math.max(worst, Math.abs(sigmoid(index) - 1 / (1 + Math.exp(-x))));
      least = Math.min(least, sigmoid(index));
      largest = Math.max(largest, sigmoid(index));
    });
    expect(worst).toBeLessThanOrEqual(2e-7);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(largest).toBeLessThanOrEqual(1);
  });

  test('exp: at most 2 units in the last place from -87.3 to 88.3; the smallest normal number below', async () => {
    const {kernels, put, space, read} = await instantiate(binary);
    const logits = Float32Array.of(...evenly(-87.3, 88.3, 20_001), -1e-30, 0, -100, -1e4, 1);
    const count = logits.length;
    // Of a gradient of 1 and a log-sum-exp of 0 the gradient of every logit but the label's is e to that logit.
    const [labels, one, zero, target] = [
      put(Int32Array.of(count - 1)),
      put(Float32Array.of(1)),
      space(1),
      space(count),
    ];
    kernels.sparseCrossEntropyBackward(1, count, put(logits), labels, zero, one, target);
    const exponentials = read(target, count);
    let worst = 0;
    for (let index = 0; index < count - 3; index++) {
      const exact = Math.exp(logits[index]!);
      worst = Math.max(worst, Math.abs(exponentials[index]! - exact) / 2 ** (Math.floor(Math.log2(exact)) - 23));
    }
    expect(worst).toBeLessThanOrEqual(2);
    for (const at of [count - 3, count - 2]) expectClose([exponentials[at]!], [2 ** -126], {relative: 1e-5});
  });

  test('ln: relative error at most 1e-7 for sums from 2 to 5000', async () => {
    const {kernels, put, space, read} = await instantiate(binary);
    const [zeros, label, loss, logSumExp] = [space(5000), put(Int32Array.of(0)), space(1), space(1)];
    let worst = 0;
    for (let classes = 2; classes <= 5000; classes++) {
      kernels.sparseCrossEntropyForward(1, classes, zeros, label, loss, logSumExp);
      worst = Math.max(worst, Math.abs(read(logSumExp, 1)[0]! / Math.log(classes) - 1));
    }
    expect(worst).toBeLessThanOrEqual(1e-7);
  });
});
