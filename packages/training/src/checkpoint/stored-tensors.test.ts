import {useBackend} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import {afterEach, beforeAll, describe, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import {restoreTensors, storeTensors} from './stored-tensors';

let variables: {kernel: tf.Variable; bias: tf.Variable};
beforeAll(() => useBackend('cpu'));
afterEach(() => tf.dispose(variables));

function make(value: number): typeof variables {
  return tf.tidy(() => ({kernel: tf.variable(tf.fill([2, 3], value)), bias: tf.variable(tf.fill([3], value))}));
}

describe('stored tensors', () => {
  test('come back into variables, and stay what they were when those change', async () => {
    variables = make(1);
    const stored = await storeTensors('parameters', variables);
    expect(Object.keys(stored)).toEqual(['parameters/kernel', 'parameters/bias']);
    for (const variable of Object.values(variables)) tf.tidy(() => variable.assign(tf.fill(variable.shape, 2)));
    restoreTensors('parameters', stored, variables);
    expect(await variables.kernel.data()).toEqual(new Float32Array(6).fill(1));
    (await variables.kernel.data()).fill(3); // as an optimizer step on cpu does
    expect(stored['parameters/kernel']!.data).toEqual(new Float32Array(6).fill(1));
  });

  test.each([
    ['missing', undefined, 'has no tensor parameters/bias'],
    ['of another shape', {shape: [2], data: new Float32Array(2)}, 'Float32Array [2], expected Float32Array [3]'],
    ['of another dtype', {shape: [3], data: new Int32Array(3)}, 'Int32Array [3], expected Float32Array [3]'],
  ])('are put back all or none where one is %s', async (_, bias, message) => {
    variables = make(1);
    const stored = await storeTensors('parameters', make(2));
    if (bias) stored['parameters/bias'] = bias;
    else delete stored['parameters/bias'];
    expect(() => restoreTensors('parameters', stored, variables)).toThrow(CheckpointError);
    expect(() => restoreTensors('parameters', stored, variables)).toThrow(message);
    expect(await variables.kernel.data()).toEqual(new Float32Array(6).fill(1));
  });
});
