import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {zipSync} from 'fflate';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {loadText8} from './load-text8';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'text8-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

const text = 'the quick brown fox jumps over the lazy dog '.repeat(200);
const bytes = new TextEncoder().encode(text);

async function file(name: string, contents: Uint8Array | string): Promise<string> {
  const whole = path.join(folder, name);
  await writeFile(whole, contents);
  return whole;
}

describe('loadText8 of a path', () => {
  test('reads a plain file, and calls the corpus after it', async () => {
    const corpus = await loadText8({path: await file('fox', bytes)});
    expect(String(corpus)).toBe(text);
    expect(corpus.name).toBe('fox');
  });

  test('reads a zip archive of one file', async () => {
    const corpus = await loadText8({path: await file('fox.zip', zipSync({fox: bytes}))});
    expect(String(corpus)).toBe(text);
    expect(corpus.name).toBe('fox');
  });

  test('refuses other characters, or brings them to the alphabet where asked to', async () => {
    const novel = await file('novel.txt', 'It was 1 bright day.');
    await expect(loadText8({path: novel})).rejects.toThrow('novel.txt has byte 0x49 ("I") at offset 0');
    expect(String(await loadText8({path: novel, normalise: true}))).toBe('it was one bright day ');
  });

  test('refuses an empty file, one that is not there, and a folder', async () => {
    await expect(loadText8({path: await file('empty', '')})).rejects.toThrow('empty is empty');
    const archive = await file('empty.zip', zipSync({nothing: new Uint8Array()}));
    await expect(loadText8({path: archive})).rejects.toThrow('empty is empty');
    await expect(loadText8({path: archive, normalise: true})).rejects.toThrow('empty is empty');
    await expect(loadText8({path: path.join(folder, 'nowhere')})).rejects.toThrow(CorpusError);
    await expect(loadText8({path: folder})).rejects.toThrow(CorpusError);
  });

  test('refuses an archive that is cut, and one that would unpack to more than allowed', async () => {
    const archive = zipSync({fox: bytes});
    const cut = await file('cut.zip', archive.subarray(0, 100));
    await expect(loadText8({path: cut})).rejects.toThrow('cut.zip is not a whole zip archive');
    const bomb = await file('bomb.zip', zipSync({bomb: new Uint8Array(5_000_000).fill(97)}));
    await expect(loadText8({path: bomb, maximumBytes: 1_000_000})).rejects.toThrow(CorpusError);
    const most = await loadText8({path: await file('fox.zip', archive), maximumBytes: bytes.length});
    expect(most.length).toBe(bytes.length);
  });

  test('refuses a plain file larger than allowed', async () => {
    await expect(loadText8({path: await file('large', bytes), maximumBytes: 100})).rejects.toThrow(
      'more than the 100 allowed',
    );
  });
});

describe('loadText8 of a source', () => {
  test('reads a blob and a file', async () => {
    expect((await loadText8({source: new Blob([bytes])})).length).toBe(text.length);
    const corpus = await loadText8({source: new File([zipSync({fox: bytes}) as Uint8Array<ArrayBuffer>], 'fox.zip')});
    expect([corpus.name, String(corpus)]).toEqual(['fox', text]);
  });

  test('reads a stream, and says how far it is', async () => {
    const chunks = [bytes.slice(0, 1000), bytes.slice(1000)];
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const seen: number[] = [];
    await loadText8({source, onProgress: ({received}) => seen.push(received)});
    expect(seen).toEqual([1000, bytes.length]);
  });

  test('reads a URL', async () => {
    const source = `data:text/plain;base64,${Buffer.from(bytes).toString('base64')}`;
    expect((await loadText8({source})).length).toBe(text.length);
  });

  test('stops at a signal', async () => {
    const reason = new Error('enough');
    await expect(loadText8({source: new Blob([bytes]), signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
  });

  test('refuses a path and a source together', async () => {
    await expect(loadText8({path: 'x', source: 'y'})).rejects.toThrow(TypeError);
  });
});

describe('loadText8 of an address', () => {
  test('takes nothing but text8.zip itself', async () => {
    const server = http.createServer((_, response) => response.end(zipSync({text8: bytes})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/text8.zip`;
    const attempt = loadText8({address, cacheFolder: folder});
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow('expected 31344016');
    server.close();
    server.closeAllConnections();
  });
});
