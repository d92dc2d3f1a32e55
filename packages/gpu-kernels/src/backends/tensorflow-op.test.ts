import {backendsUnderTest, expectNoLeak} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test, vi} from 'vitest';
import {
  float,
  int,
  type TensorflowBackend,
  type TensorflowOps,
  type TensorflowTensor,
  type,
  withOps,
} from './tensorflow-op';
import {useBackend} from './use-backend';

describe.runIf(backendsUnderTest.includes('tensorflow'))('ops of TensorFlow', () => {
  beforeAll(async () => {
    await useBackend('tensorflow');
  });

  const compute = (body: (ops: TensorflowOps) => TensorflowTensor[]) =>
    withOps(tf.engine().backend as TensorflowBackend, body);

  test('takes tensors of tfjs and its own, and gives tensors of tfjs', () => {
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const [product, sum] = compute((ops) => {
      const sum = ops.run('AddV2', [a, ops.constant('float32', [1])]);
      return [ops.run('MatMul', [sum, a], {transpose_b: true}), sum];
    });
    expect(product!.arraySync()).toEqual([
      [8, 18],
      [14, 32],
    ]);
    expect(sum!.add(a).dataSync()).toEqual(Float32Array.of(3, 5, 7, 9));
  });

  test('attributes of every kind, and several outputs', () => {
    const parts = compute((ops) => {
      const x = ops.constant('float32', [-1, 2, 3, 4], [2, 2]);
      const leaky = ops.run('LeakyRelu', [x], {alpha: float(0.5)});
      const hot = ops.run(
        'OneHot',
        [
          ops.constant('int32', [1], [1]),
          ops.constant('int32', [3]),
          ops.constant('float32', [1]),
          ops.constant('float32', [0]),
        ],
        {axis: int(-1)},
      );
      const empty = ops.run('Empty', [ops.constant('int32', [2], [1])], {dtype: type('float32'), init: true});
      return [...ops.runMany('Split', [ops.constant('int32', [1]), leaky], {num_split: int(2)}, 2), hot, empty];
    });
    expect(parts.map((part) => part.arraySync())).toEqual([[[-0.5], [3]], [[2], [4]], [[0, 1, 0]], [0, 0]]);
  });

  test('a variable of TensorFlow: shapes and names as attributes, ops without an output', () => {
    const [read] = compute((ops) => {
      const variable = ops.run('VarHandleOp', [], {
        dtype: type('float32'),
        shape: [2],
        shared_name: 'test',
        container: '',
      });
      const dtype = type('float32');
      expect(ops.runMany('AssignVariableOp', [variable, ops.constant('float32', [1, 2], [2])], {dtype}, 0)).toEqual([]);
      ops.runMany('AssignAddVariableOp', [variable, ops.constant('float32', [1, 1], [2])], {dtype}, 0);
      const read = ops.run('ReadVariableOp', [variable], {dtype});
      ops.runMany('DestroyResourceOp', [variable], {}, 0);
      return [read];
    });
    expect(read!.dataSync()).toEqual(Float32Array.of(2, 3));
  });

  test('of a step only the results are left, of one that fails nothing', () => {
    const [sum] = compute((ops) => {
      let dropped: TensorflowTensor | undefined;
      const [kept] = ops.step(() => {
        dropped = ops.constant('float32', [2]);
        return [ops.run('AddV2', [dropped, ops.constant('float32', [1])])] as const;
      });
      expect(() => ops.read(dropped!)).toThrow();
      const failing = () =>
        ops.step(() => {
          dropped = ops.constant('float32', [2]);
          throw new Error('no more');
        });
      expect(failing).toThrow('no more');
      expect(() => ops.read(dropped!)).toThrow();
      return [ops.run('AddV2', [kept, kept])];
    });
    expect(sum!.dataSync()).toEqual(Float32Array.of(6));
  });

  test('int64 passes in silence', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const [sum] = compute((ops) => {
      const long = ops.run('Cast', [ops.constant('int32', [7])], {DstT: type('int64')});
      const sum = ops.run('AddV2', [long, ops.constant('int64', [-3])]);
      return [ops.run('Cast', [sum], {DstT: type('int32')})];
    });
    expect([...sum!.dataSync()]).toEqual([4]);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  test('a reshape shares memory, and values can be read on the way', () => {
    const x = tf.tensor1d([1, 2, 3, 4]);
    const [y] = compute((ops) => {
      expect([...ops.read(x)]).toEqual([1, 2, 3, 4]);
      return [ops.reshape(x, [2, 2])];
    });
    expect(y!.shape).toEqual([2, 2]);
  });

  test('an op that TensorFlow refuses says so in its words, and leaves nothing behind', async () => {
    const backend = tf.engine().backend as TensorflowBackend & {binding: {getNumOfTensors(): number}};
    const before = backend.binding.getNumOfTensors();
    const attempt = () =>
      compute((ops) => [ops.run('MatMul', [ops.constant('float32', [1]), ops.constant('float32', [1])])]);
    expect(attempt).toThrow('In[0]');
    expect(() => compute((ops) => [ops.run('NoSuchOp', [])])).toThrow('NoSuchOp');
    expect(backend.binding.getNumOfTensors()).toBe(before);
    await expectNoLeak(() => compute((ops) => [ops.constant('float32', [1])])[0]!.dispose());
  });
});
