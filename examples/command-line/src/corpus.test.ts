import path from 'node:path';
import {expect, it} from 'vitest';
import {corpusChoice, downloadLine} from './corpus';

it('says how far a download is', () => {
  expect(downloadLine({received: 1_550_000, total: 31_344_016})).toBe('downloading 1.6 of 31.3 MB');
  expect(downloadLine({received: 2e6})).toBe('downloading 2.0 MB');
});

it('takes a corpus that is no name for a path, and makes it whole', () => {
  expect(corpusChoice('text8')).toBe('text8');
  expect(corpusChoice('novel.txt')).toBe(path.resolve('novel.txt'));
});
