import {mkdtemp, rm, writeFile} from 'node:fs/promises';
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

  test('takes the file called text8 among several, and asks where there is none', async () => {
    const several = await file(
      'several.zip',
      zipSync({readme: Uint8Array.of(1), text8: bytes, 'folder/': new Uint8Array()}),
    );
    expect((await loadText8({path: several})).length).toBe(text.length);
    const other = await file('other.zip', zipSync({a: bytes, b: bytes}));
    await expect(loadText8({path: other})).rejects.toThrow('2 files (a, b), expected one, or one called text8');
    const none = await file('none.zip', zipSync({}));
    await expect(loadText8({path: none})).rejects.toThrow(CorpusError);
  });

  test('refuses other characters, or brings them to the alphabet where asked to', async () => {
    const novel = await file('novel.txt', 'It was 1 bright day.');
    await expect(loadText8({path: novel})).rejects.toThrow('novel.txt has byte 0x49 ("I") at offset 0');
    expect(String(await loadText8({path: novel, normalise: true}))).toBe('it was one bright day ');
  });

  test('refuses an empty file, one that is not there, and a folder', async () => {
    await expect(loadText8({path: await file('empty', '')})).rejects.toThrow('empty is empty');
    await expect(loadText8({path: path.join(folder, 'nowhere')})).rejects.toThrow(CorpusError);
    await expect(loadText8({path: folder})).rejects.toThrow(CorpusError);
  });

  test('cut anywhere is an error, never part of the text', async () => {
    const archive = zipSync({fox: bytes});
    for (let length = 4; length < archive.length; length += 1) {
      const cut = await file('cut.zip', archive.subarray(0, length));
      await expect(loadText8({path: cut}), `${length} of ${archive.length} bytes`).rejects.toThrow(CorpusError);
    }
  });

  test('one byte changed anywhere in the compressed text is an error', async () => {
    const archive = zipSync({fox: bytes});
    for (let at = 33; at < archive.length - 80; at += 3) {
      const damaged = archive.slice();
      damaged[at]! ^= 0x55;
      await expect(loadText8({path: await file('damaged.zip', damaged)}), `byte ${at}`).rejects.toThrow(CorpusError);
    }
  });

  test('an archive that would unpack to more than allowed is refused before it does', async () => {
    const bomb = zipSync({bomb: new Uint8Array(50_000_000).fill(97)}, {level: 9});
    expect(bomb.length).toBeLessThan(60_000);
    const attempt = loadText8({path: await file('bomb.zip', bomb), maximumBytes: 1_000_000});
    await expect(attempt).rejects.toThrow('would unpack to 50000000 bytes, more than the 1000000 allowed');
  });

  test('an archive that lies about its length gives no more than it said, and an error', async () => {
    const bomb = zipSync({bomb: new Uint8Array(10_000_000).fill(97)}, {level: 9});
    const view = new DataView(bomb.buffer, bomb.byteOffset);
    const directory = bomb.length - 22 - (46 + 4);
    expect(view.getUint32(directory, true)).toBe(0x02014b50);
    view.setUint32(directory + 24, 1000, true); // the length it says it unpacks to
    await expect(loadText8({path: await file('liar.zip', bomb)})).rejects.toThrow('CRC-32');
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
