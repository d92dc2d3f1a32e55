import {defineConfig} from 'tsup';
import {libraryBuild} from '../../tsup.base';

export default defineConfig(
  libraryBuild({
    entry: {
      index: 'src/index.ts',
      // Where a checkpoint's files lie; package.json picks one of the two by the `node` condition.
      'checkpoint-files-node': 'src/checkpoint/checkpoint-files-node.ts',
      'checkpoint-files-browser': 'src/checkpoint/checkpoint-files-browser.ts',
    },
    external: ['#checkpoint-files'],
  }),
);
