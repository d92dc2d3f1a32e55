import {backendsUnderTest} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {BackendError} from '../errors/backend-error';
import {linear} from '../linear/linear';
import {useBackend} from './use-backend';
import type {WebGPUBackend} from './webgpu-dispatch';

const ones = () =>
  linear({x: tf.ones([1, 2]), kernel: tf.ones([2, 2]) as tf.Tensor2D, bias: tf.ones([2]) as tf.Tensor1D});

describe.runIf(backendsUnderTest.includes('webgpu'))('the webgpu device', () => {
  beforeAll(async () => {
    await useBackend('webgpu');
  });
  afterEach(() => vi.restoreAllMocks());

  test.each([
    'maxStorageBuffersPerShaderStage',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupsPerDimension',
    'maxStorageBufferBindingSize',
    'maxBufferSize',
  ] as const)('has of %s all that the adapter allows', async (limit) => {
    const adapter = await navigator.gpu.requestAdapter();
    const {device} = tf.backend() as WebGPUBackend;
    expect(device.limits[limit]).toBe(adapter!.limits[limit]);
  });

  test('lost, says so at the next operation; the program goes on, and can have another', async () => {
    const {device} = tf.backend() as WebGPUBackend;
    device.destroy();
    await device.lost;
    expect(ones).toThrow(BackendError);
    expect(ones).toThrow(/The WebGPU device was lost .* call useBackend\('webgpu'\) for a new one/);
    await useBackend('webgpu');
    expect([...(await ones().data())]).toEqual([3, 3]);
  });

  test('lost while a value is waited for, says so there too, and so does a later operation of tfjs', async () => {
    const sum = ones();
    const {device} = tf.backend() as WebGPUBackend;
    const waiting = sum.data();
    device.destroy();
    await expect(waiting).rejects.toThrow(/The WebGPU device was lost/);
    await expect(tf.add(sum, 1).data()).rejects.toThrow(BackendError);
    await useBackend('webgpu');
    expect([...(await ones().data())]).toEqual([3, 3]);
  });

  test('without an adapter says what to install, and the backend in use stays in use', async () => {
    const {device} = tf.backend() as WebGPUBackend;
    device.destroy();
    await device.lost;
    await useBackend('cpu');
    vi.spyOn(navigator.gpu, 'requestAdapter').mockResolvedValue(null);
    await expect(useBackend('webgpu')).rejects.toThrow(BackendError);
    await expect(useBackend('webgpu')).rejects.toThrow('finds no adapter');
    expect(tf.getBackend()).toBe('cpu');
  });
});
