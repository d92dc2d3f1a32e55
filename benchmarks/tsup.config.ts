import {defineConfig} from 'tsup';

const shared = {format: ['esm' as const], target: 'es2022', splitting: false};

/** What runs in Node, and what it puts into a page: there, all in one file but what is only in Node. */
export default defineConfig([
  {...shared, entry: ['src/main.ts'], external: ['playwright']},
  {
    ...shared,
    entry: ['src/page.ts'],
    platform: 'browser',
    noExternal: [/^(?!webgpu$|@tensorflow\/tfjs-node$)/],
    external: ['webgpu', '@tensorflow/tfjs-node'],
  },
]);
