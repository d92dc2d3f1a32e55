import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, seededValues, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import fixture from './fixtures/keras-layers.json';
import {fusedGRU, fusedLSTM, registerFusedLayers} from './index';

const kinds = [
  {name: 'LSTM', kernel: 'FusedLSTM', fused: fusedLSTM as typeof tf.layers.gru},
  {name: 'GRU', kernel: 'FusedGRU', fused: fusedGRU},
];

/** What `model.save` writes. */
async function save(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = JSON.parse(JSON.stringify({...artifacts, weightData: null}));
      saved.weightData = artifacts.weightData;
      return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
    }),
  );
  return saved;
}

const load = (artifacts: tf.io.ModelArtifacts) => tf.loadLayersModel(tf.io.fromMemory(artifacts));

async function countKernel(name: string, model: tf.LayersModel, x: tf.Tensor): Promise<number> {
  const {kernels} = await tf.profile(() => tf.tidy(() => model.predict(x) as tf.Tensor));
  return kernels.filter((kernel) => kernel.name === name).length;
}

/** Three layers, two of them in a wrapper that copies its layer. */
const build = (fused: typeof tf.layers.gru) => {
  const layer = fused({units: 3, recurrentActivation: 'sigmoid'});
  const first = fused({units: 4, recurrentActivation: 'sigmoid', returnSequences: true, inputShape: [5, 2]});
  return tf.sequential({layers: [first, tf.layers.bidirectional({layer, mergeMode: 'concat'})]});
};
const x = () => tf.tensor3d(seededValues(40, 1), [4, 5, 2]);

// The order of these two suites matters: from `registerFusedLayers` on, every layer that is loaded is fused.
describe.each(backendsUnderTest)('saved models on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each(kinds)("$name: plain tfjs loads what was saved, as tfjs's own class", async ({name, kernel, fused}) => {
    const model = build(fused);
    const saved = await save(model);
    const text = JSON.stringify(saved.modelTopology);
    expect(text).toContain(`"class_name":"${name}"`);
    expect(text.toLowerCase()).not.toContain('fused');
    const loaded = await load(saved);
    expect(await countKernel(kernel, loaded, x())).toBe(0);
    expect(await countKernel(kernel, model, x())).toBe(3);
    const expected = await (model.predict(x()) as tf.Tensor).data();
    expectClose(await (loaded.predict(x()) as tf.Tensor).data(), expected, {relative: 1e-5, absolute: 1e-6});
  });

  test.each(kinds)("$name: tf.layers stays tfjs's own class", async ({name, kernel}) => {
    const stock = tf.layers[name === 'LSTM' ? 'lstm' : 'gru'] as typeof tf.layers.gru;
    const model = build(stock);
    expect(await countKernel(kernel, model, x())).toBe(0);
    expect(await countKernel(kernel, await load(await save(model)), x())).toBe(0);
  });

  test('without tfjs-layers the error says what to import', () => {
    const {classNameMap} = tf.serialization.SerializationMap.getMap();
    const {LSTM} = classNameMap;
    delete classNameMap.LSTM;
    try {
      expect(() => fusedLSTM({units: 1})).toThrow('tfjs-layers is not loaded: import "@tensorflow/tfjs"');
    } finally {
      classNameMap.LSTM = LSTM!;
    }
  });
});

describe.each(backendsUnderTest)('after registerFusedLayers on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
    registerFusedLayers();
  });

  test.each(kinds)('$name: every loaded layer is fused', async ({name, kernel}) => {
    const stock = tf.layers[name === 'LSTM' ? 'lstm' : 'gru'] as typeof tf.layers.gru;
    const model = build(stock);
    const loaded = await load(await save(model));
    expect(await countKernel(kernel, loaded, x())).toBe(3);
    const expected = await (model.predict(x()) as tf.Tensor).data();
    expectClose(await (loaded.predict(x()) as tf.Tensor).data(), expected, {relative: 1e-5, absolute: 1e-6});
    expect(JSON.stringify((await save(loaded)).modelTopology).toLowerCase()).not.toContain('fused');
  });

  test.each(fixture.cases)(`$name: a converted model gives outputs within 1e-5 of ${fixture.source}`, async (given) => {
    const entries = Object.entries(given.weights);
    const loaded = await load({
      modelTopology: given.topology,
      weightSpecs: entries.map(([part, {shape}]) => ({name: `remembers/${part}`, shape, dtype: 'float32'})),
      weightData: Float32Array.from(entries.flatMap(([, {values}]) => values)).buffer,
    });
    const input = tf.tensor(given.x.values, given.x.shape);
    expect(await countKernel(`Fused${given.name}`, loaded, input)).toBe(1);
    const outputs = loaded.predict(input) as tf.Tensor;
    expect(outputs.shape).toEqual(given.outputs.shape);
    expectClose(await outputs.data(), given.outputs.values, {relative: 1e-5, absolute: 1e-6});
  });
});
