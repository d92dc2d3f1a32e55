import {backendsUnderTest, expectClose, seededValues} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {afterEach, describe, expect, onTestFinished, test, vi} from 'vitest';
import {BackendError} from '../errors/backend-error';
import {linear} from '../linear/linear';
import {lstm} from '../lstm/lstm';
import {sgdStep} from '../optimizer-step/optimizer-step';
import {sparseCrossEntropy} from '../sparse-cross-entropy/sparse-cross-entropy';
import {type BackendName, useBackend} from './use-backend';

const ours = [
  'FusedLSTM',
  'FusedLSTMGrad',
  'Linear',
  'LinearGrad',
  'OptimizerStep',
  'SparseCrossEntropy',
  'SparseCrossEntropyGrad',
];

/** Until the test is over a backend is as if its package were not installed. */
function takeAway(name: BackendName, packageName: string): void {
  const {registryFactory} = tf.engine();
  const {[name]: factory} = registryFactory; // there where the backend is tested too
  delete registryFactory[name];
  vi.doMock(packageName, () => {
    throw new Error('Cannot find the package');
  });
  onTestFinished(() => {
    vi.doUnmock(packageName);
    if (factory) registryFactory[name] = factory;
  });
}

/** Until the test is over WebGPU finds this adapter, or none. */
function findAdapter(info: (Partial<GPUAdapterInfo> & {isFallbackAdapter?: boolean}) | null): void {
  vi.stubGlobal('navigator', {gpu: {requestAdapter: async () => info && {info}}});
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('useBackend', () => {
  test('says what to install for a backend that is not there', async () => {
    takeAway('tensorflow', '@tensorflow/tfjs-node');
    const attempt = useBackend('tensorflow');
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(attempt).rejects.toThrow('run "npm install @tensorflow/tfjs-node"');
  });

  test('with no name takes the best that is here, and says why', async () => {
    const {name, reason} = await useBackend();
    expect(tf.getBackend()).toBe(name);
    if (name === 'tensorflow') expect(reason).toBe('the fastest there is');
    else expect(reason).toMatch(/^tensorflow: (not installed|cannot run here)(; webgpu: .+)?$/);
    expect(['tensorflow', 'webgpu', 'wasm']).toContain(name);
  });

  test.runIf(backendsUnderTest.includes('webgpu'))('without tensorflow takes webgpu on a graphics card', async () => {
    await useBackend('webgpu'); // a device of what is here; below it passes for a card's
    takeAway('tensorflow', '@tensorflow/tfjs-node');
    findAdapter({vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H200'});
    await useBackend('cpu');
    expect(await useBackend()).toEqual({name: 'webgpu', reason: 'tensorflow: not installed'});
    expect(tf.getBackend()).toBe('webgpu');
  });

  test.each([
    ['no adapter', null, 'no adapter'],
    [
      'llvmpipe',
      {vendor: 'mesa', description: 'llvmpipe (LLVM 15)'},
      'only a software adapter (mesa llvmpipe (LLVM 15))',
    ],
    ['an adapter to fall back on', {vendor: 'any', isFallbackAdapter: true}, 'only a software adapter (any)'],
    ['a card that gives no device', {vendor: 'nvidia'}, 'cannot run here'],
  ])('without tensorflow takes wasm where WebGPU has %s', async (_, adapter, why) => {
    await useBackend('cpu');
    if (tf.engine().findBackend('webgpu')) tf.removeBackend('webgpu');
    takeAway('tensorflow', '@tensorflow/tfjs-node');
    findAdapter(adapter);
    expect(await useBackend()).toEqual({name: 'wasm', reason: `tensorflow: not installed; webgpu: ${why}`});
    expect(tf.getBackend()).toBe('wasm');
  });

  test('without those and wasm tries webgl, and then takes cpu', async () => {
    await useBackend('cpu');
    takeAway('tensorflow', '@tensorflow/tfjs-node');
    takeAway('wasm', '@tensorflow/tfjs-backend-wasm');
    findAdapter(null);
    const reason = 'tensorflow: not installed; webgpu: no adapter; wasm: not installed; webgl: cannot run here';
    expect(await useBackend()).toEqual({name: 'cpu', reason});
    expect(tf.getBackend()).toBe('cpu');
  });

  test('with a name says that it was asked for', async () => {
    expect(await useBackend('cpu')).toEqual({name: 'cpu', reason: 'asked for'});
  });

  test('changes from one to another and back, and registers its kernels once', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    tf.env().set('PROD', false); // or tfjs keeps its warnings to itself
    try {
      for (const name of ['cpu', 'wasm', 'cpu'] as const) {
        await useBackend(name);
        expect(tf.getBackend()).toBe(name);
        linear({x: tf.ones([1, 2]), kernel: tf.ones([2, 2]), bias: tf.ones([2])}).dispose();
      }
      const twice = () => warned.mock.calls.flat().filter((line) => String(line).includes('already registered'));
      expect(twice()).toEqual([]);
      tf.registerKernel(tf.getKernel('Linear', 'cpu')!);
      expect(twice()).toEqual(["The kernel 'Linear' for backend 'cpu' is already registered"]);
    } finally {
      tf.env().set('PROD', true);
    }
  });

  test('refuses a name it does not know, and lists those it does', async () => {
    const attempt = useBackend('wsam' as BackendName);
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(attempt).rejects.toThrow(
      'Unknown backend "wsam", expected one of wasm, cpu, webgl, webgpu, tensorflow',
    );
  });

  test('leaves the backend in use where the other cannot run here', async () => {
    await useBackend('cpu');
    await expect(useBackend('webgl')).rejects.toThrow(
      'The backend webgl cannot run here: it needs a browser with WebGL 2. Choose another of wasm, cpu,',
    );
    expect(tf.getBackend()).toBe('cpu');
    expect([...(await tf.add(1, 2).data())]).toEqual([3]);
  });

  test.each(['cpu', 'wasm'])(
    'operations work, by their kernels, for those who call tf.setBackend(%j)',
    async (name) => {
      await tf.setBackend(name);
      const {kernelNames} = await tf.profile(() =>
        linear({x: tf.ones([1, 2]), kernel: tf.ones([2, 2]), bias: tf.ones([2])}),
      );
      expect(kernelNames).toContain('Linear');
      const y = linear({x: tf.ones([1, 2]), kernel: tf.ones([2, 2]), bias: tf.ones([2])});
      expect([...(await y.data())]).toEqual([3, 3]);
    },
  );

  test('operations without kernels on a backend run as their references, within 1e-5 of the kernels', async () => {
    await useBackend('cpu');
    const everything = async () => {
      const x = tf.tensor2d([0, 2, 1, 0], [2, 2], 'int32');
      const parameters = [seededValues(36, 1), seededValues(36, 2), seededValues(12, 3)].map((values, index) =>
        tf.variable(tf.tensor(values, [[3, 12], [3, 12], [12]][index]!)),
      );
      const [kernel, recurrentKernel, bias] = parameters as tf.Tensor[] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      const {value, grads} = tf.variableGrads(() => {
        const {outputs} = lstm({x, kernel, recurrentKernel, bias});
        const logits = linear({
          x: outputs,
          kernel: tf.slice(recurrentKernel, [0, 0], [3, 4]) as tf.Tensor2D,
          bias: tf.zeros([4]),
        });
        return sparseCrossEntropy({logits, labels: x}) as tf.Scalar;
      }, parameters);
      const gradients = parameters.map(({name}) => grads[name]!);
      const norm = sgdStep({parameters, gradients, learningRate: 0.5, clipNorm: 0.1});
      return Promise.all([value, norm, ...parameters].map(async (each) => (await each.data()).slice()));
    };
    const expected = await everything();
    const kernels = tf.getKernelsForBackend('cpu').filter(({kernelName}) => ours.includes(kernelName));
    expect(kernels.map(({kernelName}) => kernelName).sort()).toEqual(ours);
    for (const {kernelName} of kernels) tf.unregisterKernel(kernelName, 'cpu');
    try {
      const actual = await everything();
      actual.forEach((part, index) => {
        expectClose(part, expected[index]!, {relative: 1e-5});
      });
    } finally {
      for (const kernel of kernels) tf.registerKernel(kernel);
    }
  });

  test('wasm kernels stay right when the memory grows under them', async () => {
    await useBackend('wasm');
    const small = {x: tf.ones([2, 3]), kernel: tf.ones([3, 2]) as tf.Tensor2D, bias: tf.zeros([2]) as tf.Tensor1D};
    const before = await linear(small).data();
    const large = Array.from({length: 8}, () => tf.zeros([2048, 2048])); // 128 MiB
    expect(await linear(small).data()).toEqual(before);
    const bigger = linear({x: tf.ones([2048, 256]), kernel: tf.ones([256, 1024]), bias: tf.zeros([1024])});
    expect((await tf.max(bigger).data())[0]).toBe(256);
    tf.dispose([large, bigger]);
  });
});
