import {backendsUnderTest, startBackend} from '@gatefold/test-kit';
import {
  add,
  mul,
  ones,
  type Rank,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  variable,
} from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {attentionLSTM} from '../attention-lstm/attention-lstm';
import {type BackendName, type BackendOptions, useBackend} from '../backends/use-backend';
import {embeddingLookup} from '../embedding/embedding-lookup';
import {IdRangeError} from '../errors/id-range-error';
import {gru} from '../gru/gru';
import {lstm} from '../lstm/lstm';
import {normalizedLSTM} from '../normalized-lstm/normalized-lstm';
import {sgdStep} from '../optimizer-step/optimizer-step';
import {sampledLoss} from '../sampled-loss/sampled-loss';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import {setDebug} from './debug-ids';

/** The weights of a layer of two units, over ids from 0 to 2. */
const weights = (gates: number) => ({
  kernel: ones<Rank.R2>([3, 2 * gates]),
  recurrentKernel: ones<Rank.R2>([2, 2 * gates]),
  bias: ones<Rank.R1>([2 * gates]),
});
const normalization = () => {
  const [scale, cell] = [ones<Rank.R1>([8]), ones<Rank.R1>([2])];
  return {inputScale: scale, recurrentScale: scale, cellScale: cell, cellShift: cell};
};
const attention = () => {
  const memory = ones<Rank.R3>([1, 1, 2]);
  return {contextKernel: ones<Rank.R2>([2, 8]), keys: memory, values: memory, kind: 'dot' as const};
};
const loss = (words: {targets: number[]; samples: number[]}) => {
  const [targets, samples] = [tensor1d(words.targets, 'int32'), tensor1d(words.samples, 'int32')];
  return sampledLoss({inputs: ones([2, 1]), table: ones([3, 1]), kind: 'softmax', targets, samples});
};

/** Operations that take ids from 0 to 2, here two of them. */
const operations: Record<string, (first: number, second: number) => unknown> = {
  'lstm: x': (...ids) => lstm({x: tensor2d(ids, [2, 1], 'int32'), ...weights(4)}),
  'gru: x': (...ids) => gru({x: tensor2d(ids, [2, 1], 'int32'), ...weights(3)}),
  'normalizedLSTM: x': (...ids) =>
    normalizedLSTM({x: tensor2d(ids, [2, 1], 'int32'), ...weights(4), ...normalization()}),
  'attentionLSTM: x': (...ids) => attentionLSTM({x: tensor2d(ids, [2, 1], 'int32'), ...weights(4), ...attention()}),
  'sampledLoss: targets': (...targets) => loss({targets, samples: [1]}),
  'sampledLoss: samples': (...samples) => loss({targets: [0, 1], samples}),
};

describe.each(backendsUnderTest)('ids in debug mode on %s', (backend) => {
  beforeAll(async () => {
    const withDebug = (name: BackendName, options: BackendOptions) => useBackend(name, {...options, debug: true});
    await startBackend(withDebug, backend);
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

  test.each(Object.entries(operations))('%s: one out of range is refused at once, and named', (what, run) => {
    expect(() => run(0, 2)).not.toThrow();
    expect(() => run(0, 3)).toThrow(IdRangeError);
    expect(() => run(0, 3)).toThrow(`${what} has id 3 at position 1, expected ids from 0 to 2`);
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
