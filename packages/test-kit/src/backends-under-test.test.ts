import {afterEach, describe, expect, test, vi} from 'vitest';
import {backendsUnderTest, findBackends, parseBackend, startBackend} from './backends-under-test';

afterEach(() => vi.restoreAllMocks());

describe('backendsUnderTest', () => {
  test('are those that were found before all tests', () => {
    expect(backendsUnderTest).toEqual(process.env.BACKENDS!.split(','));
  });

  test('a missing backend that is required is an error', async () => {
    await expect(findBackends(['cpu'], ['webgpu'], async (name) => name !== 'webgpu')).rejects.toThrow(
      'The backend webgpu is required (REQUIRE_BACKENDS) and not there.',
    );
  });

  test('a missing backend that is not required is left out, and said', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(await findBackends(['cpu', 'wasm'], ['cpu'], async (name) => name === 'cpu')).toEqual(['cpu']);
    expect(warned).toHaveBeenCalledExactlyOnceWith('The backend wasm is not there; its tests are left out.');
  });

  test('where none is there no test would run, which is an error', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await expect(findBackends(['webgpu'], [], async () => false)).rejects.toThrow(
      'None of the backends webgpu is there.',
    );
  });

  test('a name may say how many threads', async () => {
    expect(parseBackend('wasm-2-threads')).toEqual({name: 'wasm', threads: 2});
    expect(parseBackend('wasm')).toEqual({name: 'wasm', threads: 1});
    expect(parseBackend('webgl')).toEqual({name: 'webgl'});
    const started = vi.fn(async () => undefined);
    await startBackend(started, 'wasm-2-threads');
    expect(started).toHaveBeenCalledExactlyOnceWith('wasm', {threads: 2});
  });
});
