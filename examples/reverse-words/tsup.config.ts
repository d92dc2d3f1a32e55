import {defineConfig} from 'tsup';
import {programBuild} from '../../tsup.base';

export default defineConfig(programBuild());
