import {backendsUnderTest, startBackend} from '@gatefold/test-kit';
import {add, mul, ones, type Tensor, type Tensor2D, tensor1d, variable} from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {useBackend} from '../backends/use-backend';
import {embeddingLookup} from '../embedding/embedding-lookup';
import {IdRangeError} from '../errors/id-range-error';
import {sgdStep} from '../optimizer-step/optimizer-step';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import {setDebug} from './debug-ids';

describe.each(backendsUnderTest)('ids in debug mode on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
    setDebug(true);
  });
  afterAll(() => setDebug(false));

  const lookUp = (ids: Tensor) => embeddingLookup({table: ones([3, 2]) as Tensor2D, ids});

  test('those in range pass', async () => {
    expect([...(await lookUp(tensor1d([0, 2], 'int32')).data())]).toEqual([1, 1, 1, 1]);
  });

  test('one out of range is refused at once, and named', () => {
    expect(() => lookUp(tensor1d([0, 3], 'int32'))).toThrow('has id 3 at position 1, expected ids from 0 to 2');
    const labels = tensor1d([-1], 'int32');
    expect(() => sparseCrossEntropy({logits: ones([1, 4]), labels})).toThrow(IdRangeError);
  });

  test('of the rows of a gradient -1 passes, and one out of range is named', async () => {
    const [parameter] = [variable(ones([3, 1]))];
    const step = (id: number) => {
      const gradients = [{ids: tensor1d([-1, id], 'int32'), values: ones([2, 1])}];
      return sgdStep({parameters: [parameter], gradients, learningRate: 1});
    };
    step(2);
    expect([...(await parameter.data())]).toEqual([1, 1, 0]);
    expect(() => step(3)).toThrow('sgdStep: gradients[0].ids has id 3 at position 1, expected ids from 0 to 2');
    expect([...(await parameter.data())]).toEqual([1, 1, 0]);
    parameter.dispose();
  });

  test('one that was computed on the backend is refused at once or by the next operation', async () => {
    const ids = add(mul(tensor1d([1, 2], 'int32'), tensor1d([1, 2], 'int32')), tensor1d([0, 1], 'int32')); // 1, 5
    const attempt = async () => {
      lookUp(ids);
      await ids.data();
      lookUp(tensor1d([0], 'int32'));
    };
    await expect(attempt()).rejects.toThrow('has id 5 at position 1, expected ids from 0 to 2');
    expect(() => lookUp(tensor1d([0], 'int32'))).not.toThrow();
  });
});
