import {defineConfig} from 'tsup';
import {libraryBuild} from '../../tsup.base';

export default defineConfig(
  libraryBuild({
    entry: {
      index: 'src/index.ts',
      'map-png': 'src/map/word-map-png.ts',
      // Where files lie; package.json picks one of the two by the `node` condition.
      'vector-files-node': 'src/files/vector-files-node.ts',
      'vector-files-browser': 'src/files/vector-files-browser.ts',
    },
    external: ['#vector-files'],
  }),
);
