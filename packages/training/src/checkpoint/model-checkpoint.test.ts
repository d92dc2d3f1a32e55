import * as tf from '@tensorflow/tfjs';
import {beforeAll, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import {modelCheckpoint, restoreModel} from './model-checkpoint';

class Line {
  readonly parameters: Record<string, tf.Variable>;
  constructor(readonly configuration: {size: number}) {
    this.parameters = tf.tidy(() => ({slopes: tf.variable(tf.ones([configuration.size]))}));
  }
  dispose() {
    tf.dispose(this.parameters);
  }
}

const build = (configuration: {size: number}) => new Line(configuration);

beforeAll(() => tf.setBackend('cpu'));

test('a model comes back with its configuration and its parameters', async () => {
  const line = new Line({size: 2});
  tf.tidy(() => line.parameters.slopes!.assign(tf.tensor1d([3, 4])));
  const checkpoint = await modelCheckpoint('line', line);
  line.dispose();
  expect(JSON.parse(JSON.stringify(checkpoint.state))).toEqual({configuration: {size: 2}});
  const restored = restoreModel('line', checkpoint, build);
  expect(restored.configuration).toEqual({size: 2});
  expect([...(await restored.parameters.slopes!.data())]).toEqual([3, 4]);
  restored.dispose();
});

test('of another kind, or with tensors that do not fit, a checkpoint is refused and nothing is left behind', async () => {
  const line = new Line({size: 2});
  const checkpoint = await modelCheckpoint('line', line);
  line.dispose();
  const before = tf.memory().numTensors;
  expect(() => restoreModel('curve', checkpoint, build)).toThrow(CheckpointError);
  expect(() => restoreModel('curve', checkpoint, build)).toThrow('of kind "line", expected "curve"');
  const larger = {...checkpoint, state: {configuration: {size: 3}}};
  expect(() => restoreModel('line', larger, build)).toThrow('parameters/slopes is Float32Array [2], expected');
  expect(tf.memory().numTensors).toBe(before);
});
