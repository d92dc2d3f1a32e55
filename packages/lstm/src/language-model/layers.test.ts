import {gru, lstm, ShapeError, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededIds, seededValues, startBackend} from '@gatefold/test-kit';
import {SequenceBatches} from '@gatefold/text8-data';
import {decodeSafetensors, encodeSafetensors} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {type LSTMLayerWeights, stackedLSTM} from '../stacked-layers/stacked-lstm';
import {lstmToBasicCell} from '../weights/basic-cell';
import {recurrentFromKeras, recurrentToKeras} from '../weights/keras';
import {lstmFromPyTorch, lstmToPyTorch} from '../weights/pytorch';
import type {LanguageModelConfiguration} from './configuration';
import {LanguageModel} from './language-model';

const [steps, batch, symbols] = [5, 3, 7];
const configuration: LanguageModelConfiguration = {vocabularySize: symbols, hiddenSizes: [6], forgetBias: 1, seed: 2};
const ids = () => tf.tensor2d(seededIds(steps * batch, symbols, 1), [steps, batch], 'int32');

async function train(model: LanguageModel): Promise<void> {
  const text = Uint8Array.from(seededIds(200, symbols, 4));
  const batches = new SequenceBatches(text, {batchSize: batch, sequenceLength: steps});
  for await (const _ of model.fit(batches, {steps: 5, optimizer: {kind: 'adam', learningRate: 0.05}}));
}

/** A model whose biases are no zeros. */
async function trained(given: Partial<LanguageModelConfiguration> = {}): Promise<LanguageModel> {
  const model = new LanguageModel({...configuration, ...given});
  await train(model);
  return model;
}

describe.each(backendsUnderTest)('the layers of a language model on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  const within = {relative, absolute: relative};
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  test.each<Partial<LanguageModelConfiguration>>([
    {},
    {hiddenSizes: [6, 5]},
    {embeddingSize: 4, hiddenSizes: [6, 5], projectionSize: 3},
    {cell: 'separate-gates', forgetBias: 0.5},
    {forgetBias: 0},
  ])(`%j: through PyTorch's format, a plain LSTM gives the model's outputs within ${relative}`, async (given) => {
    const model = await trained(given);
    const file = encodeSafetensors(await lstmToPyTorch(model.layers(), {prefix: 'lstm.'}));
    const layers = lstmFromPyTorch(decodeSafetensors(file).tensors, {prefix: 'lstm.'});
    const table = model.parameters.embedding as tf.Tensor as tf.Tensor2D | undefined;
    const x = table ? (tf.gather(table, ids()) as tf.Tensor as tf.Tensor3D) : ids();
    const expected = await model.read(ids()).outputs.data();
    expectClose(await stackedLSTM({x, layers}).outputs.data(), expected, within);

    const other = new LanguageModel({...model.configuration, seed: 9});
    table && other.parameters.embedding!.assign(tf.add(table, 0));
    other.assignLayers(layers);
    expectClose(await other.read(ids()).outputs.data(), expected, within);
    for (const made of [model, other]) made.dispose();
  });

  test(`through Keras's names and tf.basicLSTMCell, the same within ${relative}`, async () => {
    const model = await trained();
    const [layer] = model.layers();
    const weights = recurrentFromKeras(await recurrentToKeras(layer!.forward, 'lstm'), 'lstm');
    const {outputs, states} = model.read(ids());
    expectClose(await lstm({x: ids(), ...weights}).outputs.data(), await outputs.data(), within);

    const {kernel, bias} = lstmToBasicCell(layer!.forward);
    const oneHot = tf.cast(tf.oneHot(ids(), symbols), 'float32');
    let [cell, hidden] = [tf.zeros([batch, 6]) as tf.Tensor2D, tf.zeros([batch, 6]) as tf.Tensor2D];
    for (const step of tf.unstack(oneHot)) {
      [cell, hidden] = tf.basicLSTMCell(tf.scalar(0), kernel, bias, step as tf.Tensor2D, cell, hidden);
    }
    expectClose(await hidden.data(), await states[0]!.hidden.data(), within);
    model.dispose();
  });

  test(`a GRU: its outputs within ${relative}, and no way to PyTorch, whose GRU is another`, async () => {
    const model = await trained({cell: 'gru', forgetBias: 0});
    const layers = model.layers();
    const outputs = await gru({x: ids(), ...layers[0]!.forward}).outputs.data();
    expectClose(outputs, await model.read(ids()).outputs.data(), within);
    await expect(lstmToPyTorch(layers)).rejects.toThrow(ShapeError);
    await expect(lstmToPyTorch(layers)).rejects.toThrow('the bias of layer 0, forward, is [18], expected [24]');
    model.dispose();
  });

  test('training leaves alone what was given out and what was taken on', async () => {
    const model = await trained();
    const bias = tf.tensor1d(seededValues(24, 3));
    const [out] = model.layers();
    const taken = {...out!.forward, bias};
    const before = [await out!.forward.kernel.data(), await bias.data()].map((values) => values.slice());
    model.assignLayers([{forward: taken}]);
    await train(model);
    expect([await out!.forward.kernel.data(), await bias.data()]).toEqual(before);
    model.dispose();
  });

  test('layers that do not fit are errors, and change nothing', async () => {
    const model = new LanguageModel({...configuration, hiddenSizes: [6, 6]});
    const layers = model.layers();
    const before = (await model.parameters['lstm0.bias']!.data()).slice();
    const giving = (change: (layers: LSTMLayerWeights[]) => LSTMLayerWeights[]) => () =>
      model.assignLayers(change(layers.map(({forward}) => ({forward: {...forward, bias: tf.ones([24])}}))));
    expect(giving(([first]) => [first!])).toThrow('1 layers are given, expected 2');
    expect(giving(([first, second]) => [first!, {...second!, backward: second!.forward}])).toThrow(
      'layer 1 has a backward direction: a language model cannot look ahead',
    );
    const short = {...layers[1]!.forward, bias: tf.zeros([20]) as tf.Tensor1D};
    expect(giving(([first]) => [first!, {forward: short}])).toThrow(ShapeError);
    expect(giving(([first]) => [first!, {forward: short}])).toThrow('bias of layer 1 is [20], expected [24]');
    const projected = {...layers[1]!.forward, projection: tf.zeros([6, 6]) as tf.Tensor2D};
    expect(giving(([first]) => [first!, {forward: projected}])).toThrow(
      'projection of layer 1 is [6, 6], expected absent',
    );
    expect(await model.parameters['lstm0.bias']!.data()).toEqual(before);
    const normalized = new LanguageModel({...configuration, layerNormalization: true});
    expect(() => normalized.layers()).toThrow('The layers of this model are normalised');
    expect(() => normalized.assignLayers(layers)).toThrow(RangeError);
    for (const made of [model, normalized]) made.dispose();
  });

  test('leaves nothing behind but the layers', async () => {
    const model = new LanguageModel({...configuration, projectionSize: 3});
    await expectNoLeak(() => {
      const layers = model.layers();
      model.assignLayers(layers);
      tf.dispose(layers as object as tf.TensorContainer);
    });
    model.dispose();
  });
});
