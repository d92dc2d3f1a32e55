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
