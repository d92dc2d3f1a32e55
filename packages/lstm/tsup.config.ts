import {defineConfig} from 'tsup';
import {libraryBuild} from '../../tsup.base';

export default defineConfig(libraryBuild({entry: {index: 'src/index.ts', layers: 'src/layers/index.ts'}}));
