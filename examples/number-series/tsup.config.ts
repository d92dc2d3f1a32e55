import {defineConfig} from 'tsup';
import {programBuild} from '../../tsup.base';

// What it does not use of the command line is dropped, with the packages of that.
export default defineConfig(programBuild({skipNodeModulesBundle: true}));
