import path from 'node:path';
import {build} from 'esbuild';
import {expect, test} from 'vitest';

test('a bundle for browsers has no files of Node in it, and draws no PNG', async () => {
  const {outputFiles, errors} = await build({
    entryPoints: [path.resolve(import.meta.dirname, '../../dist/index.js')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*', '@gatefold/*'],
    logLevel: 'silent',
  });
  expect(errors).toEqual([]);
  const [bundle] = outputFiles;
  expect(bundle!.text).not.toMatch(/from\s*["']node:|require\(["'](fs|path|os)|resvg/);
  expect(bundle!.text).toContain('a page has no files');
});
