import {createHash} from 'node:crypto';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import {deflateRawSync} from 'node:zlib';
import {describe, expect, test, vi} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {platform} from './platform-browser';

// Node has all that a page has of what is used here.
const bytes = new TextEncoder().encode('the quick brown fox '.repeat(5000));

describe('in a page', () => {
  test('a deflate stream is unpacked to its length, and a damaged, cut or longer one is an error', async () => {
    const compressed = new Uint8Array(deflateRawSync(bytes));
    expect(await platform.inflate(compressed, bytes.length)).toEqual(bytes);
    await expect(platform.inflate(compressed.subarray(0, 50), bytes.length)).rejects.toThrow();
    await expect(platform.inflate(compressed, 1000)).rejects.toThrow();
    await expect(platform.inflate(Uint8Array.of(7, 7, 7), 3)).rejects.toThrow();
  });

  test('a download is checked by length and sha256', async () => {
    const server = http.createServer((_, response) => response.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/text8.zip`;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const download = {address, file: 'text8.zip', bytes: bytes.length, sha256};
    expect(await platform.fetchOnce(download)).toEqual(bytes);
    await expect(platform.fetchOnce({...download, bytes: 99_999})).rejects.toThrow('gave 100000 bytes, expected 99999');
    await expect(platform.fetchOnce({...download, sha256: '00'})).rejects.toThrow(`sha256 ${sha256}, expected 00`);
    vi.stubGlobal('crypto', {});
    await expect(platform.fetchOnce(download)).rejects.toThrow('only in a page from https or localhost');
    vi.unstubAllGlobals();
    server.close();
    server.closeAllConnections();
  });

  test('what needs files is an error that says what to do in place of it', async () => {
    await expect(platform.readFile('novel.txt', {limit: 1})).rejects.toThrow('Pass {source}');
    await expect(platform.writeFile('words.json', bytes)).rejects.toThrow('Keep what toJSON() gives');
    for (const named of [platform.readChunks, platform.openFile, platform.createFile]) {
      await expect(named('novel.words')).rejects.toThrow('encodeWords()');
    }
    await expect(platform.stateOfTheUnion()).rejects.toThrow(CorpusError);
  });
});
