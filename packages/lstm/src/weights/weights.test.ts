import {gru, lstm, ShapeError, useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, seededValues, startBackend} from '@gatefold/test-kit';
import {CheckpointError, decodeSafetensors, encodeSafetensors, type StoredTensor} from '@gatefold/training';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {FusedGates} from '../cell/fused-gates-cell';
import {fusedGRU, fusedLSTM} from '../layers';
import {type LSTMLayerWeights, stackedLSTM} from '../stacked-layers/stacked-lstm';
import {lstmFromBasicCell, lstmToBasicCell} from './basic-cell';
import fixture from './fixtures/weights.json';
import {recurrentFromKeras, recurrentToKeras} from './keras';
import {lstmFromPyTorch, lstmToPyTorch} from './pytorch';

const bytes = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const decode = (base64: string) => decodeSafetensors(bytes(base64)).tensors;
const input = () => tf.tensor3d(fixture.x.values, fixture.x.shape as [number, number, number]);

const outputsOf = (layers: LSTMLayerWeights[]) => stackedLSTM({x: input(), layers}).outputs;

const within = {relative: 1e-5, absolute: 1e-6};

describe.each(backendsUnderTest)('weights in and out on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });
  beforeEach(() => {
    tf.engine().startScope();
    return () => tf.engine().endScope();
  });

  const {pytorch, keras} = fixture;

  test.each(pytorch.cases)(`PyTorch, $name: outputs within 1e-5 of ${pytorch.source}`, async (given) => {
    const layers = lstmFromPyTorch(decode(given.safetensors), {prefix: 'encoder.'});
    const outputs = outputsOf(layers);
    expect(outputs.shape).toEqual(given.outputs.shape);
    expectClose(await outputs.data(), given.outputs.values, within);
  });

  test.each(pytorch.cases)('PyTorch, $name: written as PyTorch has it, the biases added up', async (given) => {
    const original = decode(given.safetensors);
    const layers = lstmFromPyTorch(original, {prefix: 'encoder.'});
    const written = decodeSafetensors(encodeSafetensors(await lstmToPyTorch(layers, {prefix: 'encoder.'}))).tensors;
    for (const [name, {shape, data}] of Object.entries(original)) {
      const {shape: shapeWritten, data: found} = written[name] as StoredTensor;
      expect(shapeWritten).toEqual(shape);
      if (name.includes('weight')) expect(found).toEqual(data);
      if (name.includes('bias_hh')) expect(found.every((value) => value === 0)).toBe(true);
    }
    const again = outputsOf(lstmFromPyTorch(written, {prefix: 'encoder.'}));
    expectClose(await again.data(), given.outputs.values, within);
  });

  test('PyTorch: what is missing or cut is an error that names it', () => {
    const original = decode(pytorch.cases[0]!.safetensors);
    const read = (change: Record<string, StoredTensor | undefined>, prefix = 'encoder.') => {
      const kept = Object.entries({...original, ...change}).filter(([, stored]) => stored);
      return () => lstmFromPyTorch(Object.fromEntries(kept) as Record<string, StoredTensor>, {prefix});
    };
    expect(read({}, '')).toThrow(CheckpointError);
    expect(read({}, '')).toThrow('is no weight_ih_l0: give what stands before weight_ih_l0 there as the prefix');
    expect(read({'encoder.weight_hh_l0': undefined})).toThrow('no tensor encoder.weight_hh_l0');
    const ofGRU = {shape: [9, 3], data: new Float32Array(27)};
    expect(read({'encoder.weight_ih_l0': ofGRU, 'encoder.weight_hh_l0': ofGRU})).toThrow(
      'encoder.weight_ih_l0 has 9 rows and encoder.weight_hh_l0 3 columns, expected four times as many rows',
    );
    const short = {shape: [23], data: new Float32Array(23)};
    expect(read({'encoder.bias_ih_l0': short})).toThrow(
      'encoder.bias_ih_l0 is Float32Array [23], expected Float32Array [24]',
    );
    expect(read({'encoder.weight_hr_l0': short})).toThrow(
      'encoder.weight_hr_l0 is Float32Array [23], expected Float32Array [6, 6]',
    );
  });

  test(`Keras, LSTM: outputs within 1e-5 of ${keras.source}`, async () => {
    const {safetensors, outputs} = keras.cases[0]!;
    const weights = recurrentFromKeras(decode(safetensors), 'lstm');
    expectClose(await lstm({x: input(), ...weights}).outputs.data(), outputs.values, within);
    const again = recurrentFromKeras(await recurrentToKeras(weights, 'lstm'), 'lstm');
    expect(await again.kernel.data()).toEqual(await weights.kernel.data());
    expectClose(await lstm({x: input(), ...again}).outputs.data(), outputs.values, within);
  });

  test(`Keras, GRU: outputs within 1e-5 of ${keras.source}`, async () => {
    const {safetensors, outputs} = keras.cases[1]!;
    const weights = recurrentFromKeras(decode(safetensors), 'gru');
    expectClose(await gru({x: input(), ...weights}).outputs.data(), outputs.values, within);
  });

  test(`Keras, LSTM and GRU into fused layers: outputs within 1e-5 of ${keras.source}`, async () => {
    const recurrentActivation = 'sigmoid' as const;
    const settings = {units: 6, recurrentActivation, returnSequences: true, inputShape: [4, 5]};
    for (const [index, layer] of [fusedLSTM(settings), fusedGRU(settings)].entries()) {
      const {name, safetensors, outputs} = keras.cases[index]!;
      const model = tf.sequential({layers: [layer]});
      const {kernel, recurrentKernel, bias} = recurrentFromKeras(decode(safetensors), name);
      layer.setWeights([kernel, recurrentKernel, bias]);
      const found = model.predict(tf.transpose(input(), [1, 0, 2])) as tf.Tensor3D;
      expectClose(await tf.transpose(found, [1, 0, 2]).data(), outputs.values, within);
    }
  });

  test(`Keras, bidirectional LSTM: outputs within 1e-5 of ${keras.source}`, async () => {
    const {safetensors, outputs} = keras.cases[2]!;
    const tensors = decode(safetensors);
    const [forward, backward] = ['forward_lstm', 'backward_lstm'].map((name) => recurrentFromKeras(tensors, name));
    expectClose(await outputsOf([{forward: forward!, backward}]).data(), outputs.values, within);
  });

  test('Keras: what is missing, there twice, or of a GRU with reset_after is an error', () => {
    const tensors = decode(keras.cases[2]!.safetensors);
    expect(() => recurrentFromKeras(tensors, 'lstm')).toThrow('is no lstm/…/kernel');
    expect(() => recurrentFromKeras(tensors, 'bidirectional')).toThrow('has 2 tensors kernel');
    expect(() => recurrentFromKeras(decode(fixture.resetAfter), 'gru')).toThrow('train the GRU with reset_after=False');
  });

  test('tf.basicLSTMCell: its outputs within 1e-5, weights there and back to the bit', async () => {
    const [T, B, I, H] = [3, 2, 4, 5] as const;
    const kernel = tf.tensor2d(seededValues((I + H) * 4 * H, 1, 0.5), [I + H, 4 * H]);
    const bias = tf.tensor1d(seededValues(4 * H, 2, 0.5));
    const x = tf.tensor3d(seededValues(T * B * I, 3), [T, B, I]);
    let [cell, hidden] = [tf.zeros([B, H]) as tf.Tensor2D, tf.zeros([B, H]) as tf.Tensor2D];
    for (let step = 0; step < T; step++) {
      const at = tf.reshape(tf.slice(x, step, 1), [B, I]) as tf.Tensor2D;
      [cell, hidden] = tf.basicLSTMCell(tf.scalar(1), kernel, bias, at, cell, hidden);
    }
    const {finalState} = lstm({x, ...lstmFromBasicCell({kernel, bias, forgetBias: 1})});
    expectClose(await finalState.hidden.data(), await hidden.data(), within);
    expectClose(await finalState.cell.data(), await cell.data(), within);
    const back = lstmToBasicCell(lstmFromBasicCell({kernel, bias}));
    expect(await back.kernel.data()).toEqual(await kernel.data());
    expect(await back.bias.data()).toEqual(await bias.data());
  });

  test('tf.basicLSTMCell: shapes that do not fit are a ShapeError', () => {
    const attempt = () => lstmFromBasicCell({kernel: tf.zeros([4, 20]), bias: tf.zeros([20])});
    expect(attempt).toThrow(ShapeError);
    expect(attempt).toThrow('kernel is [4, 20] and bias [20], expected [I + H, 4H] and [4H]');
  });

  test('nothing is left behind but the weights', async () => {
    const tensors = decode(pytorch.cases[3]!.safetensors);
    await expectNoLeak(async () => {
      const layers = lstmFromPyTorch(tensors, {prefix: 'encoder.'});
      await lstmToPyTorch(layers);
      const gates = layers[0]!.forward;
      const cell = lstmToBasicCell(gates);
      const other: FusedGates = lstmFromBasicCell(cell);
      tf.dispose([layers, cell, other] as unknown as tf.TensorContainer);
      expect(() =>
        lstmFromPyTorch(
          {
            ...tensors,
            'encoder.bias_ih_l1': tensors['encoder.bias_ih_l0']!,
            'encoder.weight_hh_l1_reverse': tensors['encoder.weight_ih_l0']!,
          },
          {prefix: 'encoder.'},
        ),
      ).toThrow(CheckpointError);
    });
  });
});
