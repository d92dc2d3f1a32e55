import {defineConfig} from 'tsup';

export default defineConfig({
  entry: ['src/main.ts'],
  format: ['esm'],
  target: 'es2022',
  clean: true,
  noExternal: ['@gatefold/example-command-line'],
  skipNodeModulesBundle: true, // what it does not use of the command line is dropped, with the packages of that
});
