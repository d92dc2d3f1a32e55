import {sparseCrossEntropy, useBackend, valueAndGradients} from '@gatefold/gpu-kernels';
import {backendsUnderTest, checkGradient, expectClose, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {batchOf, type Pair, reversals, vocabularySize} from '../fixtures/reversal-batches';
import type {Seq2SeqConfiguration} from './configuration';
import models from './fixtures/models.json';
import {Seq2SeqModel} from './seq2seq-model';

type Values = Record<string, {shape: number[]; values: number[]; gradient: number[]}>;

const configurations: Partial<Seq2SeqConfiguration>[] = [
  {bidirectional: true, encoderHiddenSizes: [3, 4]},
  {cell: 'gru', attention: 'multiplicative', tiedEmbeddings: true, tiedOutput: true},
  {attention: 'none', reverseSource: true},
];

function modelOf({configuration, parameters}: (typeof models.cases)[number]): Seq2SeqModel {
  const entries = Object.entries(parameters as unknown as Values);
  const tensors = entries.map(([name, {shape, values}]) => [
    `parameters/${name}`,
    {shape, data: Float32Array.from(values)},
  ]);
  const state = {configuration};
  return Seq2SeqModel.fromCheckpoint({kind: 'gatefold/seq2seq', state, tensors: Object.fromEntries(tensors)});
}

async function dense(
  gradient: tf.Tensor | {ids: tf.Tensor; values: tf.Tensor},
  shape: number[],
): Promise<ArrayLike<number>> {
  if (!('ids' in gradient)) return gradient.data();
  const [ids, values] = [await gradient.ids.data(), await gradient.values.data()];
  const all = new Float32Array(shape[0]! * shape[1]!);
  ids.forEach((id, row) => {
    if (id >= 0) all.set(values.subarray(row * shape[1]!, (row + 1) * shape[1]!), id * shape[1]!);
  });
  return all;
}

describe.each(backendsUnderTest)('the equations of Seq2SeqModel on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each(models.cases.map((each) => [each.configuration, each] as const))(
    '%j: logits, loss and gradients of PyTorch, within 1e-5 (webgl 1e-3)',
    async (_, expected) => {
      const model = modelOf(expected);
      const batch = batchOf(models.pairs);
      const {logits} = model.predict(batch);
      // Ours are by step and then by pair, those of the fixture pair by pair.
      const byStep = Array.from({length: batch.targetLength}, (_, step) =>
        expected.logits.flatMap((pair) => pair[step] ?? []),
      );
      expectClose(await logits.data(), byStep, {relative, absolute: relative});
      const {value, gradients} = valueAndGradients(
        () => sparseCrossEntropy(model.predict(batch)) as tf.Scalar,
        Object.values(model.parameters),
      );
      expectClose(await value.data(), [expected.loss], {relative});
      for (const [index, name] of Object.keys(model.parameters).entries()) {
        const {shape, gradient} = (expected.parameters as unknown as Values)[name]!;
        expectClose(await dense(gradients[index]!, shape), gradient, {relative, absolute: relative});
      }
      tf.dispose([logits, value, gradients] as tf.TensorContainer);
      model.dispose();
    },
  );

  test('attention of PyTorch, within 1e-5 (webgl 1e-3)', async () => {
    for (const expected of models.cases.filter(({configuration}) => configuration.attention !== 'none')) {
      const model = modelOf(expected);
      for (const [index, {source, target}] of models.pairs.entries()) {
        const encoded = model.encode(
          tf.tensor2d(source, [source.length, 1], 'int32'),
          tf.tensor1d([source.length], 'int32'),
        );
        const inputs = [1, ...target.slice(0, -1)];
        const {weights} = model.decode(tf.tensor2d(inputs, [inputs.length, 1], 'int32'), encoded);
        expectClose(await weights!.data(), expected.weights[index]!, {relative, absolute: relative});
      }
      model.dispose();
    }
  });

  test.each(configurations)('%j: padding changes no logit and no loss, within 1e-6 (webgl 1e-3)', async (given) => {
    const absolute = backend === 'webgl' ? 1e-3 : 1e-6;
    const model = new Seq2SeqModel({
      sourceVocabularySize: vocabularySize,
      embeddingSize: 5,
      hiddenSizes: [6, 5],
      ...given,
    });
    const pairs = reversals(5, 6, 21);
    const logitsOf = async (batch: ReturnType<typeof batchOf>) => {
      const {logits, labels} = model.predict(batch);
      const values = await logits.data();
      tf.dispose([logits, labels]);
      return values;
    };
    const together = await logitsOf(batchOf(pairs, [11, 13]));
    const {loss, symbols} = await model.evaluate([batchOf(pairs, [11, 13])]);
    const longest = Math.max(...pairs.map(({target}) => target.length));
    const columns = new Map<Pair, number[]>(pairs.map((pair) => [pair, []]));
    let row = 0;
    for (let step = 0; step < longest; step++) {
      for (const pair of pairs) if (step < pair.target.length) columns.get(pair)!.push(row++);
    }
    let lossAlone = 0;
    for (const pair of pairs) {
      const evaluation = await model.evaluate([batchOf([pair])]);
      lossAlone += (evaluation.loss * evaluation.symbols) / symbols;
      const alone = await logitsOf(batchOf([pair]));
      const found = columns
        .get(pair)!
        .map((place) => together.subarray(place * vocabularySize, (place + 1) * vocabularySize));
      expectClose(found, alone, {relative: absolute, absolute});
    }
    expect(row * vocabularySize).toBe(together.length);
    expectClose([loss], [lossAlone], {relative: absolute});
    model.dispose();
  });

  test.each(configurations)('%j: gradients by finite differences, within 2e-5 (webgl 1e-3)', async (given) => {
    const model = new Seq2SeqModel({
      sourceVocabularySize: vocabularySize,
      embeddingSize: 3,
      hiddenSizes: [4, 4],
      ...given,
    });
    const batch = batchOf(reversals(3, 3, 8));
    const names = Object.keys(model.parameters);
    const inputs = Object.values(model.parameters).map(({shape, size}, index) => ({
      shape,
      values: seededValues(size, index, 0.5),
    }));
    const loss = (...tensors: tf.Tensor[]) => {
      const parameters = Object.fromEntries(names.map((name, index) => [name, tensors[index]]));
      const moved = Object.create(model, {parameters: {value: parameters}}) as Seq2SeqModel;
      return sparseCrossEntropy(moved.predict(batch)) as tf.Scalar;
    };
    await checkGradient(loss, inputs, {relative: backend === 'webgl' ? 1e-3 : 2e-5});
    model.dispose();
  });
});
