import {backendsUnderTest} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from './use-backend';
import {dispatch, output, type WebGPUBackend} from './webgpu-dispatch';

describe.runIf(backendsUnderTest.includes('webgpu'))('webgpu dispatch', () => {
  let backend: WebGPUBackend;
  beforeAll(async () => {
    await useBackend('webgpu');
    backend = tf.backend() as WebGPUBackend;
  });

  const read = async ({dataId}: tf.TensorInfo) => [...((await backend.read(dataId)) as Float32Array)];
  const doubleAndNegate = (x: tf.TensorInfo, workgroups = 1) => {
    const outputs = {doubled: output(backend, x.shape), negated: output(backend, x.shape)};
    dispatch(backend, {
      key: 'test/doubleAndNegate',
      code: () => `fn run(group: u32, lane: u32) {
        let index = group * 4 + lane;
        if (index >= uniforms.size) { return; }
        doubled[index] = uniforms.factor * x[index];
        negated[index] = -x[index];
      }`,
      ...{workgroupSize: 4, workgroups, inputs: {x}, outputs},
      integers: {size: x.shape[0]!},
      floats: {factor: 2},
    });
    return outputs;
  };
  const addOne = (x: tf.TensorInfo, addend: tf.TensorInfo) =>
    dispatch(backend, {
      key: 'test/add',
      code: () => 'fn run(group: u32, lane: u32) { if (lane < arrayLength(&x)) { x[lane] += addend[lane]; } }',
      ...{workgroupSize: 8, workgroups: 1, inputs: {addend}, outputs: {x}},
    });

  test('writes several tensors in their turn among programs of tfjs', async () => {
    const x = tf.square(tf.tensor1d([1, 2, 3]));
    const {doubled, negated} = doubleAndNegate(x);
    expect(await read(doubled)).toEqual([2, 8, 18]);
    expect(await read(negated)).toEqual([-1, -4, -9]);
  });

  test('goes beyond the workgroups of one dimension', async () => {
    const size = 4 * 70_000 + 1; // the limit is 65,535 workgroups
    const {doubled} = doubleAndNegate(tf.ones([size]), 70_001);
    const values = await read(doubled);
    expect(values).toHaveLength(size);
    expect(values.every((value) => value === 2)).toBe(true);
  });

  test('changes a tensor in place, also after it was read', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    addOne(x, tf.ones([3]));
    expect([...(await x.data())]).toEqual([2, 3, 4]);
    addOne(x, tf.ones([3]));
    expect([...(await x.data())]).toEqual([3, 4, 5]);
  });

  test('an input that is the output too is read as it was', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    addOne(x, tf.reshape(x, [3]));
    expect([...(await x.data())]).toEqual([2, 4, 6]);
  });

  test('empty tensors are inputs and outputs as any other', async () => {
    const {doubled} = doubleAndNegate(tf.zeros([0]));
    expect(await read(doubled)).toEqual([]);
    const [x, written] = [tf.zeros([0]), output(backend, [2])];
    dispatch(backend, {
      key: 'test/empty',
      code: () => 'fn run(group: u32, lane: u32) { written[lane] = 7 + 0 * x[0]; }',
      ...{workgroupSize: 2, workgroups: 1, inputs: {x}, outputs: {written}},
    });
    expect(await read(written)).toEqual([7, 7]);
  });

  test('buffers live until the commands that use them are submitted, and no longer', async () => {
    const bytes = () => (tf.memory() as unknown as {numBytesInGPU: number}).numBytesInGPU;
    const round = async () => {
      const x = tf.tidy(() => tf.square(tf.ones([3])));
      const {doubled, negated} = doubleAndNegate(x);
      x.dispose();
      const values = await read(doubled);
      backend.disposeData(doubled.dataId);
      backend.disposeData(negated.dataId);
      return values;
    };
    await round();
    const before = bytes();
    for (let count = 0; count < 50; count++) expect(await round()).toEqual([2, 2, 2]);
    expect(bytes()).toBe(before);
  });

  describe('a faulty dispatch', () => {
    let errors: unknown;
    test.fails('is made, and not waited for', ({onTestFailed}) => {
      onTestFailed(({task}) => {
        errors = task.result!.errors!.map(({message}) => message);
      });
      const x = tf.tensor1d([1, 2, 3]);
      dispatch(backend, {
        key: 'test/faulty',
        code: () => 'fn run(group: u32, lane: u32) { once[lane] = 1; again[lane] = 2; }',
        ...{workgroupSize: 1, workgroups: 1, inputs: {}, outputs: {once: x, again: tf.reshape(x, [3])}},
      });
    });

    test('fails the test that made it', () => {
      expect(errors).toEqual([expect.stringMatching(/^WebGPU: .*aliasing/)]);
    });
  });
});
