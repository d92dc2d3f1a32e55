import {defineConfig} from 'tsup';
import {libraryBuild} from '../../tsup.base';

export default defineConfig(
  libraryBuild({
    entry: {
      index: 'src/index.ts',
      // Files and downloads; package.json picks one of the two by the `node` condition.
      'platform-node': 'src/platform/platform-node.ts',
      'platform-browser': 'src/platform/platform-browser.ts',
    },
    external: ['#platform'],
  }),
);
