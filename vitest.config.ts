import path from 'node:path';
import {defineConfig} from 'vitest/config';

const source = (file: string) => path.resolve(import.meta.dirname, 'packages', file);

export default defineConfig({
  resolve: {
    alias: {
      // What package.json picks by platform, from the sources under test rather than from their build.
      '#platform': source('text8-data/src/platform/platform-node.ts'),
      '#vector-files': source('word2vec/src/files/vector-files-node.ts'),
      '#checkpoint-files': source('training/src/checkpoint/checkpoint-files-node.ts'),
    },
  },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'benchmarks/src/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    globalSetup: ['packages/test-kit/src/find-backends-once.ts'],
    reporters: ['default', './tools/summary-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
