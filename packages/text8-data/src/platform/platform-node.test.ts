import {createHash} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import type {Download} from './platform';
import {platform} from './platform-node';

const contents = Buffer.from(Array.from({length: 300_000}, (_, index) => (index * 31 + (index >> 8)) & 255));
const sha256 = createHash('sha256').update(contents).digest('hex');

let folder: string;
let server: http.Server;
let requests: (string | undefined)[];
let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'download-'));
  requests = [];
  server = http.createServer((request, response) => {
    requests.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, {recursive: true, force: true});
});

/** A server that knows ranges. */
const whole: typeof answer = (request, response) => {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > 0) response.writeHead(206, {'content-range': `bytes ${start}-${contents.length - 1}/${contents.length}`});
  response.end(contents.subarray(start));
};

/** A server that stops after some bytes. */
const cutAfter =
  (length: number): typeof answer =>
  (_, response) => {
    response.writeHead(200, {'content-length': contents.length});
    response.write(contents.subarray(0, length), () => response.destroy());
  };

function download(change: Partial<Download> = {}): Download {
  const {port} = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/text8.zip`;
  return {address, file: 'text8.zip', bytes: contents.length, sha256, cacheFolder: folder, ...change};
}

describe('a download', () => {
  test('is fetched once, checked and kept', async () => {
    answer = whole;
    const seen: number[] = [];
    expect(await platform.fetchOnce(download({onProgress: ({received}) => seen.push(received)}))).toEqual(contents);
    expect(await platform.fetchOnce(download())).toEqual(contents);
    expect(requests).toHaveLength(1);
    expect(seen.at(-1)).toBe(contents.length);
    expect(await readdir(folder)).toEqual(['text8.zip']);
  });

  test('that was cut goes on where it stopped', async () => {
    answer = cutAfter(100_000);
    const attempt = platform.fetchOnce(download());
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow('Run it again to go on where it stopped');
    const kept = (await readFile(path.join(folder, 'text8.zip.part'))).length;
    expect(kept).toBeGreaterThan(0);
    answer = whole;
    expect(await platform.fetchOnce(download())).toEqual(contents);
    expect(requests).toEqual([undefined, `bytes=${kept}-`]);
    expect(await readdir(folder)).toEqual(['text8.zip']);
  });

  test('begins again where the server knows no ranges', async () => {
    await writeFile(path.join(folder, 'text8.zip.part'), contents.subarray(0, 5000));
    answer = (_, response) => response.end(contents);
    expect(await platform.fetchOnce(download())).toEqual(contents);
  });

  test('of another file is an error with both hashes, and is not kept', async () => {
    answer = (_, response) => response.end(Buffer.alloc(contents.length));
    const attempt = platform.fetchOnce(download());
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(sha256);
    expect(await readdir(folder)).toEqual([]);
  });

  test('longer than it may be is stopped, and an error', async () => {
    answer = (_, response) => response.end(Buffer.concat([contents, contents]));
    await expect(platform.fetchOnce(download())).rejects.toThrow(CorpusError);
    expect(await readdir(folder)).toEqual([]);
  });

  test('kept but damaged since is fetched again', async () => {
    await writeFile(path.join(folder, 'text8.zip'), 'damaged');
    answer = whole;
    expect(await platform.fetchOnce(download())).toEqual(contents);
  });

  test('that the server refuses is an error that says how', async () => {
    answer = (_, response) => response.writeHead(404).end('no');
    await expect(platform.fetchOnce(download())).rejects.toThrow('answered 404');
  });

  test('from nowhere is an error that names the address', async () => {
    const address = 'http://127.0.0.1:9/text8.zip'; // the discard port: nothing listens
    await expect(platform.fetchOnce(download({address}))).rejects.toThrow(address);
  });

  test('stops at a signal, and keeps what it has', async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, {'content-length': contents.length});
      response.write(contents.subarray(0, 50_000));
    };
    const onProgress = () => controller.abort();
    await expect(platform.fetchOnce(download({signal: controller.signal, onProgress}))).rejects.toThrow('aborted');
    expect(await readdir(folder)).toEqual(['text8.zip.part']);
  });

  test('asked for twice at once is fetched once', async () => {
    answer = whole;
    const both = await Promise.all([platform.fetchOnce(download()), platform.fetchOnce(download())]);
    expect(both).toEqual([contents, contents]);
    expect(requests).toHaveLength(1);
  });

  test('to a folder that cannot be written is an error that names it', async () => {
    answer = whole;
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const attempt = platform.fetchOnce(download({cacheFolder: path.join(file, 'cache')}));
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(path.join(file, 'cache'));
  });
});
