import {defineConfig} from 'tsup';

export default defineConfig({
  entry: ['src/main.ts', 'src/write.ts'],
  format: ['esm'],
  target: 'es2022',
  clean: true,
  noExternal: ['@gatefold/example-command-line'],
});
