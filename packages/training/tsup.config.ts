import {defineConfig} from 'tsup';
import {libraryBuild} from '../../tsup.base';

export default defineConfig(
  libraryBuild({
    entry: {
      index: 'src/index.ts',
      // Where files lie; package.json picks one of each two by the `node` condition.
      'checkpoint-files-node': 'src/checkpoint/checkpoint-files-node.ts',
      'checkpoint-files-browser': 'src/checkpoint/checkpoint-files-browser.ts',
      'metrics-file-node': 'src/metrics/metrics-file-node.ts',
      'metrics-file-browser': 'src/metrics/metrics-file-browser.ts',
    },
    external: ['#checkpoint-files', '#metrics-file'],
  }),
);
