import {afterEach, describe, expect, test, vi} from 'vitest';
import {backendsUnderTest, findBackends} from './backends-under-test';

afterEach(() => vi.restoreAllMocks());

describe('backendsUnderTest', () => {
  test('names the backends every machine has', () => {
    expect(backendsUnderTest).toEqual(expect.arrayContaining(['cpu', 'wasm']));
  });

  test('a missing backend that is required is an error', async () => {
    await expect(findBackends(['webgpu'], async (name) => name !== 'webgpu')).rejects.toThrow(
      'The backend webgpu is required (REQUIRE_BACKENDS) and not there.',
    );
  });

  test('a missing backend that is not required is left out, and said', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(await findBackends(['cpu'], async (name) => name === 'cpu')).toEqual(['cpu']);
    expect(warned).toHaveBeenCalledExactlyOnceWith('The backend wasm is not there; its tests are left out.');
  });
});
