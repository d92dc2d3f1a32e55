import path from 'node:path';
import {build} from 'esbuild';
import {expect, test} from 'vitest';

test('a bundle for browsers has no module of Node in it', async () => {
  const entry = path.resolve(import.meta.dirname, '../../dist/index.js');
  const {outputFiles, errors} = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  expect(errors).toEqual([]);
  const [bundle] = outputFiles;
  expect(bundle!.text).not.toMatch(/node:|require\(["'](fs|path|os)/);
  expect(bundle!.text).toContain('A page cannot read');
});
