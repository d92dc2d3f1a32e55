import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import type {Download} from './download';
import {keptDownload} from './kept-download';

const contents = Buffer.from(Array.from({length: 300_000}, (_, index) => (index * 31 + (index >> 8)) & 255));
const sha256 = createHash('sha256').update(contents).digest('hex');

let folder: string;
let server: http.Server;
let ranges: (string | undefined)[];
let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'download-'));
  ranges = [];
  server = http.createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, {recursive: true, force: true});
});

/** Where the range asked for begins. */
const startOf = (request: http.IncomingMessage) => Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);

/** A server that knows ranges, of a file, that cuts the connection after some bytes. */
const serving =
  (file: Buffer, cutAfter = Number.POSITIVE_INFINITY): typeof answer =>
  (request, response) => {
    const start = startOf(request);
    const headers = {'content-length': file.length - start};
    const range = {'content-range': `bytes ${start}-${file.length - 1}/${file.length}`};
    response.writeHead(start > 0 ? 206 : 200, start > 0 ? {...headers, ...range} : headers);
    const sent = file.subarray(start, start + cutAfter);
    response.write(sent, () => (start + sent.length < file.length ? response.destroy() : response.end()));
  };

/** A server that knows no ranges and cuts the connection after some bytes. */
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

const isWhole = (bytes: Uint8Array) => contents.equals(bytes);
const keptFile = () => readFile(path.join(folder, 'text8.zip'));

describe('a download', () => {
  test('is fetched once, checked and kept', async () => {
    answer = serving(contents);
    const seen: number[] = [];
    const onProgress: Download['onProgress'] = ({received, total}) => {
      seen.push(received);
      expect(total).toBe(contents.length);
    };
    expect(await keptDownload(download({onProgress}))).toSatisfy(isWhole);
    expect(await keptDownload(download())).toSatisfy(isWhole);
    expect(ranges).toHaveLength(1);
    expect(seen.at(-1)).toBe(contents.length);
    expect(await readdir(folder)).toEqual(['text8.zip']);
  });

  test('makes the folder it is kept in', async () => {
    answer = serving(contents);
    await keptDownload(download({cacheFolder: path.join(folder, 'a', 'b')}));
    expect(await readdir(path.join(folder, 'a', 'b'))).toEqual(['text8.zip']);
  });

  test('that is cut again and again goes on by itself where it stopped', async () => {
    answer = serving(contents, 100_000);
    const seen: number[] = [];
    const onProgress: Download['onProgress'] = ({received}) => seen.push(received);
    expect(await keptDownload(download({onProgress}))).toSatisfy(isWhole);
    expect(ranges.length).toBeGreaterThanOrEqual(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(await readdir(folder)).toEqual(['text8.zip']);
  });

  test('that does not get on is an error, and goes on the next time where it stopped', async () => {
    answer = cutAfter(100_000);
    const attempt = keptDownload(download());
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(/cut after \d+ of 300000 bytes\. Run it again to go on where it stopped/);
    const {length} = await readFile(path.join(folder, 'text8.zip.part'));
    expect(length).toBeGreaterThan(0);
    ranges = [];
    answer = serving(contents);
    expect(await keptDownload(download())).toSatisfy(isWhole);
    expect(ranges).toEqual([`bytes=${length}-`]);
    expect(await readdir(folder)).toEqual(['text8.zip']);
  });

  test('that ends too soon without a word of its length is a cut one too', async () => {
    answer = (_, response) => void response.write(contents.subarray(0, 5000), () => response.end());
    await expect(keptDownload(download())).rejects.toThrow('cut after 5000 of 300000');
    expect(await readdir(folder)).toEqual(['text8.zip.part']);
  });

  test('begins again where the server knows no ranges', async () => {
    await writeFile(path.join(folder, 'text8.zip.part'), contents.subarray(0, 5000));
    answer = (_, response) => response.end(contents);
    expect(await keptDownload(download())).toSatisfy(isWhole);
    expect(ranges).toEqual(['bytes=5000-']);
  });

  test('begins again where the server says that there is no such range', async () => {
    await writeFile(path.join(folder, 'text8.zip.part'), contents.subarray(0, 5000));
    answer = (request, response) =>
      startOf(request) > 0 ? response.writeHead(416).end() : serving(contents)(request, response);
    expect(await keptDownload(download())).toSatisfy(isWhole);
  });

  test.each([
    ['of another file', Buffer.alloc(5000)],
    ['longer than the whole', Buffer.alloc(400_000)],
    ['as long as the whole, but of another file', Buffer.alloc(contents.length)],
  ])('begins again where the part that is there is %s', async (_, part) => {
    await writeFile(path.join(folder, 'text8.zip.part'), part);
    answer = serving(contents);
    expect(await keptDownload(download())).toSatisfy(isWhole);
    expect(await keptFile()).toSatisfy(isWhole);
  });

  test('that only lacks its name is not fetched again', async () => {
    await writeFile(path.join(folder, 'text8.zip.part'), contents);
    expect(await keptDownload(download())).toSatisfy(isWhole);
    expect(ranges).toEqual([]);
  });

  test('of another file is an error with both hashes, and is not kept', async () => {
    answer = serving(Buffer.alloc(contents.length));
    const attempt = keptDownload(download());
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(sha256);
    await expect(attempt).rejects.toThrow(createHash('sha256').update(Buffer.alloc(contents.length)).digest('hex'));
    expect(await readdir(folder)).toEqual([]);
  });

  test('of another length is an error with both lengths, before it is fetched', async () => {
    answer = (_, response) => response.end('Please log in to this network.');
    await expect(keptDownload(download())).rejects.toThrow('has a file of 30 bytes, expected 300000');
    expect(await readFile(path.join(folder, 'text8.zip.part'), 'utf8')).toBe('');
  });

  test('without end is stopped, and an error', async () => {
    answer = (_, response) => {
      const write = () => response.write(contents, () => response.destroyed || write());
      write();
    };
    await expect(keptDownload(download())).rejects.toThrow('expected 300000');
    expect(await readdir(folder)).toEqual([]);
  });

  test('kept but damaged since is fetched again', async () => {
    await writeFile(path.join(folder, 'text8.zip'), 'damaged');
    answer = serving(contents);
    expect(await keptDownload(download())).toSatisfy(isWhole);
    expect(await keptFile()).toSatisfy(isWhole);
  });

  test.each([404, 500])('that the server refuses with %d is an error that says so', async (status) => {
    answer = (_, response) => response.writeHead(status).end('no');
    const attempt = keptDownload(download());
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(`answered ${status}`);
  });

  test('from where nobody listens is an error that names the address', async () => {
    const address = 'http://127.0.0.1:9/text8.zip'; // the discard port
    const attempt = keptDownload(download({address}));
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(address);
  });

  test('stops at a signal, and keeps what it has', async () => {
    const controller = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, {'content-length': contents.length});
      response.write(contents.subarray(0, 50_000));
    };
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    await expect(keptDownload(download({signal: controller.signal, onProgress}))).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual(['text8.zip.part']);
  });
});

describe('two callers at once', () => {
  test('of one process fetch it once', async () => {
    answer = serving(contents);
    const both = await Promise.all([keptDownload(download()), keptDownload(download())]);
    expect(both.every(isWhole)).toBe(true);
    expect(ranges).toHaveLength(1);
  });

  test('do not stop each other', async () => {
    const controller = new AbortController();
    answer = (request, response) => {
      if (ranges.length > 1) return serving(contents)(request, response);
      response.writeHead(200, {'content-length': contents.length});
      response.write(contents.subarray(0, 50_000));
    };
    const onProgress = () => controller.abort();
    const first = keptDownload(download({signal: controller.signal, onProgress}));
    const second = keptDownload(download());
    await expect(first).rejects.toThrow('aborted');
    expect(await second).toSatisfy(isWhole);
  });

  test('wait no longer than their signal', async () => {
    const controller = new AbortController();
    answer = (_, response) => void response.writeHead(200, {'content-length': contents.length}).write('never more');
    const other = new AbortController();
    const first = keptDownload(download({signal: other.signal}));
    const second = keptDownload(download({signal: controller.signal}));
    controller.abort();
    await expect(second).rejects.toThrow('aborted');
    other.abort();
    await expect(first).rejects.toThrow('aborted');
  });

  test('of several processes leave one whole file', async () => {
    // Each copy of the module knows as little of the others as another process does. Slow and cut connections mix them.
    answer = (request, response) => setTimeout(() => serving(contents, 70_000)(request, response), ranges.length * 3);
    const copies = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        vi.resetModules();
        return import('./kept-download');
      }),
    );
    const all = await Promise.all(copies.map((copy) => copy.keptDownload(download())));
    expect(all.every(isWhole)).toBe(true);
    expect(ranges.length).toBeGreaterThanOrEqual(copies.length);
    expect(await readdir(folder)).toEqual(['text8.zip']);
    expect(await keptFile()).toSatisfy(isWhole);
  });
});

describe('a folder', () => {
  test('that is a file is an error that names it', async () => {
    const cacheFolder = path.join(folder, 'file', 'cache');
    await writeFile(path.join(folder, 'file'), '');
    const attempt = keptDownload(download({cacheFolder}));
    await expect(attempt).rejects.toThrow(CorpusError);
    await expect(attempt).rejects.toThrow(`cannot be written to ${cacheFolder}: ENOTDIR`);
    await expect(attempt).rejects.toThrow('choose another cacheFolder');
  });

  test('without permission to write is an error that names it', async () => {
    await chmod(folder, 0o555);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534); // to root every folder is writable
    const attempt = keptDownload(download());
    await expect(attempt)
      .rejects.toThrow(`cannot be written to ${folder}: EACCES`)
      .finally(() => isRoot && process.seteuid?.(0));
    await expect(attempt).rejects.toThrow(CorpusError);
  });

  test('on a full disk is an error that says so, and no part is taken for the whole', async () => {
    const cacheFolder = path.join(folder, 'small');
    await mkdir(cacheFolder);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', cacheFolder]).status === 0;
    // Who may not mount a small disk takes the device that is always full, and answers writes as a full disk does.
    if (!mounted) await symlink('/dev/full', path.join(cacheFolder, 'text8.zip.part'));
    try {
      answer = serving(contents);
      const attempt = keptDownload(download({cacheFolder}));
      await expect(attempt).rejects.toThrow(CorpusError);
      await expect(attempt).rejects.toThrow(`cannot be written to ${cacheFolder}: ENOSPC: no space left on device`);
      await expect(attempt).rejects.toThrow('Make room there, or choose another cacheFolder');
      expect(await readdir(cacheFolder)).toEqual(['text8.zip.part']);
      if (mounted) {
        spawnSync('mount', ['-o', 'remount,size=2m', cacheFolder]);
        expect(await keptDownload(download({cacheFolder}))).toSatisfy(isWhole);
        expect(ranges.at(-1)).toMatch(/^bytes=\d{5,}-$/);
      }
    } finally {
      if (mounted) spawnSync('umount', [cacheFolder]);
    }
  });

  test('on a full device, which anyone can try', async () => {
    await symlink('/dev/full', path.join(folder, 'text8.zip.part'));
    answer = serving(contents);
    await expect(keptDownload(download())).rejects.toThrow('ENOSPC: no space left on device');
  });
});
