import {engine, ones, setBackend, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, test} from 'vitest';
import './backends-under-test'; // registers the backends
import {expectNoLeak} from './expect-no-leak';

describe.each(['cpu', 'wasm'])('expectNoLeak on %s', (backend) => {
  beforeAll(() => setBackend(backend));

  test('lets through what cleans up', async () => {
    await expect(expectNoLeak(() => ones([2]).dispose())).resolves.toBeUndefined();
  });

  test('notices a tensor left, a tensor too many disposed of, and a buffer without a tensor', async () => {
    const left: Tensor[] = [];
    await expect(expectNoLeak(() => void left.push(ones([2])))).rejects.toThrow(/(\d+) tensors before, \d+ after/);
    await expect(expectNoLeak(() => left[0]!.dispose())).rejects.toThrow('tensors before');
    const hidden = () => void engine().backend.write(new Float32Array(2), [2], 'float32');
    await expect(expectNoLeak(() => tidy(hidden))).rejects.toThrow('buffers of the backend before');
  });
});
