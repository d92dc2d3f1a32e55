import {defineConfig} from 'tsup';
import {programBuild} from '../../tsup.base';

export default defineConfig(programBuild({entry: ['src/main.ts', 'src/write.ts']}));
