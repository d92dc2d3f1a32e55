import {describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {readSource, readStream, sourceName} from './read-source';

const limit = 1000;

function streamOf(...chunks: (string | Error)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else if (typeof chunk === 'string') controller.enqueue(new TextEncoder().encode(chunk));
      else controller.error(chunk);
    },
  });
}

describe('readStream', () => {
  test.each([undefined, 0, 3, 10, 5000])('gives all bytes where the total is said to be %s', async (total) => {
    const bytes = await readStream(streamOf('the ', 'quick ', 'fox'), 'x', {limit, total});
    expect(new TextDecoder().decode(bytes)).toBe('the quick fox');
  });

  test('says how far it is', async () => {
    const seen: unknown[] = [];
    await readStream(streamOf('the ', 'fox'), 'x', {limit, total: 7, onProgress: (progress) => seen.push(progress)});
    expect(seen).toEqual([
      {received: 4, total: 7},
      {received: 7, total: 7},
    ]);
  });

  test('stops a stream that is longer than allowed', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(300)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(readStream(endless, 'it', {limit})).rejects.toThrow('it has more than the 1000 bytes allowed');
    expect(cancelled).toBe(true);
  });

  test('stops at a signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const options = {limit, signal: controller.signal, onProgress: () => controller.abort(reason)};
    await expect(readStream(streamOf('a', 'b'), 'it', options)).rejects.toBe(reason);
  });

  test('names a stream that fails', async () => {
    const failing = readStream(streamOf('abc', new Error('unplugged')), 'it', {limit});
    await expect(failing).rejects.toThrow(CorpusError);
    await expect(failing.catch((error: unknown) => error)).resolves.toHaveProperty(
      'message',
      'it failed after 3 bytes: Error: unplugged. Try again.',
    );
  });
});

describe('readSource', () => {
  test('of an address that is none points at path', async () => {
    await expect(readSource('novel.txt', {limit})).rejects.toThrow(CorpusError);
    await expect(readSource('novel.txt', {limit})).rejects.toThrow('for a file on disk pass {path}');
  });
});

test('a source is called after its file', () => {
  expect(sourceName('https://example.org/data/text8.zip?raw=1#top')).toBe('text8.zip');
  expect(sourceName(new URL('https://example.org/'))).toBe('example.org');
  expect(sourceName('data:text/plain;base64,YWJj')).toBe('the data URL');
  expect(sourceName(new File([], 'fox.txt'))).toBe('fox.txt');
  expect(sourceName(new Blob([]))).toBe('the blob');
  expect(sourceName(streamOf())).toBe('the stream');
});
