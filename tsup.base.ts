import type {Options} from 'tsup';

/** The one shape every package is built in: ESM with types and source maps. */
export const libraryBuild = (options: Options): Options => ({
  format: ['esm'],
  target: 'es2022',
  dts: true,
  sourcemap: true,
  clean: true,
  ...options,
});

/** The one shape every example is built in: a program, with the reading of its command line in it. */
export const programBuild = (options: Options = {}): Options => ({
  entry: ['src/main.ts'],
  format: ['esm'],
  target: 'es2022',
  clean: true,
  noExternal: ['@gatefold/example-command-line'],
  ...options,
});
