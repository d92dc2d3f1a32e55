import {backendsUnderTest, expectClose, expectNoLeak} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import type {NamedAttrMap, NamedTensorInfoMap} from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {type TensorflowBackend, type TensorflowOps, type TensorflowTensor, withOps} from './tensorflow-op';
import {asVariables, hasVariables} from './tensorflow-variable';
import {useBackend} from './use-backend';

describe.runIf(backendsUnderTest.includes('tensorflow'))('tensors as variables of TensorFlow', () => {
  let backend: TensorflowBackend;
  beforeAll(async () => {
    await useBackend('tensorflow');
    backend = tf.engine().backend as TensorflowBackend;
  });
  afterEach(() => tf.disposeVariables());

  const change = (tensors: tf.Tensor[], body: (ops: TensorflowOps, variables: TensorflowTensor[]) => void) => {
    withOps(backend, (ops) => {
      asVariables(ops, backend, tensors, (variables) => body(ops, variables));
      return [];
    });
  };
  /** Subtracts 1 from row 1 of the first variable. */
  const descend = (ops: TensorflowOps, [table]: TensorflowTensor[]) => {
    const [one, none] = [ops.constant('float32', [1]), ops.constant('float32', [0])];
    const gradient = ops.constant('float32', [1, 1], [1, 2]);
    const inputs = [table!, one, none, none, gradient, ops.constant('int32', [1], [1])];
    ops.runMany('ResourceSparseApplyProximalGradientDescent', inputs, {}, 0);
  };

  test('this TensorFlow has what it takes', () => {
    expect(hasVariables(backend)).toBe(true);
  });

  test('a TensorFlow without DisableCopyOnRead is known as such, and takes the same steps of Adagrad', () => {
    const executeOp = (op: string, attributes: object[], inputs: number[], outputs: number) => {
      if (op === 'DisableCopyOnRead') throw new Error(`Op type not registered '${op}'`);
      return backend.binding.executeOp(op, attributes, inputs, outputs);
    };
    const binding = Object.create(backend.binding, {executeOp: {value: executeOp}});
    const old: TensorflowBackend = Object.create(backend, {binding: {value: binding}});
    expect(hasVariables(old)).toBe(false);
    const [now, before] = [backend, old].map((backend) => {
      const [parameter, accumulators] = [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.fill([2, 2], 0.1)];
      const [gradients, ids] = [[tf.tensor2d([0.5, -1], [1, 2])], [tf.tensor1d([1], 'int32')]];
      const inputs = {parameters: [parameter], gradients, ids, slots: [accumulators]} as unknown as NamedTensorInfoMap;
      const rule = {kind: 'adagrad', learningRate: 0.1, epsilon: 1e-7};
      const attrs = {rule, clipNorm: 1} as unknown as NamedAttrMap;
      tf.getKernel('OptimizerStep', 'tensorflow')!.kernelFunc({inputs, attrs, backend});
      return [...parameter.dataSync(), ...accumulators.dataSync()];
    });
    expectClose(now!, before!, {relative: 1e-6});
    expect(now!.slice(0, 2)).toEqual([1, 2]);
    expect(now![2]).not.toBe(3);
  });

  test('what is changed shows in the tensor and its clones, and not in what was reshaped or sliced from it', () => {
    const table = tf.variable(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]));
    const [clone, flat, row] = [table.clone(), table.reshape([6]), tf.slice(table, 1, 1)];
    for (let round = 0; round < 2; round++) change([table], descend);
    for (const each of [table, clone]) expect([...each.dataSync()]).toEqual([1, 2, 1, 2, 5, 6]);
    expect([...flat.dataSync(), ...row.dataSync()]).toEqual([1, 2, 3, 4, 5, 6, 3, 4]);
  });

  test('a body that throws leaves the tensors as they are', () => {
    const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3])];
    const refused = () =>
      change([a, b], () => {
        throw new Error('refused');
      });
    expect(refused).toThrow('refused');
    expect([...a.dataSync(), ...b.dataSync()]).toEqual([1, 2, 3]);
  });

  test('a table is not copied', () => {
    const table = tf.variable(tf.zeros([10_000_000, 2])); // 80 MB
    const milliseconds = (body: () => void) => {
      const rounds = Array.from({length: 9}, () => {
        const start = performance.now();
        body();
        return performance.now() - start;
      });
      return rounds.sort((a, b) => a - b)[4]!;
    };
    change([table], descend);
    const copying = milliseconds(() => tf.add(table, 1).dispose());
    expect(milliseconds(() => change([table], descend))).toBeLessThan(copying / 5);
  });

  test('a table that cannot be given back is no reason to keep another', () => {
    const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3])];
    const broken = () =>
      change([a, b], (ops, [_, variable]) => {
        ops.runMany('DestroyResourceOp', [variable!], {}, 0);
      });
    expect(broken).toThrow('does not exist');
    expect([...a.dataSync()]).toEqual([1, 2]);
  });

  test('nothing is left behind, in TensorFlow either', async () => {
    const table = tf.variable(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]));
    const held = () => (backend.binding as unknown as {getNumOfTensors(): number}).getNumOfTensors();
    change([table], descend); // now the table is in TensorFlow's memory
    const before = held();
    await expectNoLeak(() => {
      for (let round = 0; round < 20; round++) change([table], descend);
    });
    expect(held()).toBe(before);
  });
});
