import {expect, test, vi} from 'vitest';
import {CorpusError} from './corpus-error';

test('isInstance knows the errors of this and of another copy of the package', async () => {
  vi.resetModules();
  const copy = await import('./corpus-error');
  expect(copy.CorpusError).not.toBe(CorpusError);
  expect(CorpusError.isInstance(new CorpusError('no'))).toBe(true);
  expect(CorpusError.isInstance(new copy.CorpusError('no'))).toBe(true);
  for (const other of [new Error('no'), {name: 'CorpusError'}, undefined])
    expect(CorpusError.isInstance(other)).toBe(false);
});
