// The tests of the kernels, the models and the training loop in a page: the same files as in Node, on the backends of the browser. The page is
// cross-origin isolated, so threads run there too. Graphics drivers are software ones, where every machine has the same.
import {playwright} from '@vitest/browser-playwright';
import {defineConfig} from 'vitest/config';

const {env} = process;

/** What a page has beyond Node; the others are tested there. */
const backends = {
  BACKENDS: env.BACKENDS ?? 'webgl,webgpu,wasm-2-threads',
  REQUIRE_BACKENDS: env.REQUIRE_BACKENDS ?? '',
};

export default defineConfig({
  define: Object.fromEntries(
    Object.entries(backends).map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]),
  ),
  optimizeDeps: {
    // Or Vite finds them while tests run, and starts those anew.
    include: [
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-core',
      'fast-check',
    ],
  },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    include: [
      'packages/{gpu-kernels,training,lstm,seq2seq}/src/**/*.test.ts',
      'packages/word2vec/src/parallel/*.test.ts',
    ],
    exclude: [
      // About Node's processes, its backends and its files.
      '**/*-process.test.ts',
      '**/backends/use-backend.test.ts',
      '**/backends/tensorflow-*.test.ts',
      '**/checkpoint/checkpoint-folder.test.ts',
      // It needs no backend but tfjs's cpu, on arrays of its own.
      '**/references-in-float64.test.ts',
      // Most of it tfjs's own layers, step by step: minutes on software drivers.
      '**/layers/tfjs-examples.test.ts',
      '**/metrics/metrics.test.ts',
    ],
    setupFiles: ['packages/test-kit/src/wasm-in-a-page.ts'],
    reporters: ['default', './tools/summary-reporter.ts'],
    // A software driver on a busy machine of two cores needs a minute for what takes a GPU none.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{browser: 'chromium'}],
      provider: playwright({
        launchOptions: {
          executablePath: env.CHROMIUM ?? '/usr/bin/chromium',
          args: [
            '--no-sandbox',
            '--disable-background-networking',
            '--disable-component-update',
            '--enable-unsafe-webgpu',
            '--use-webgpu-adapter=swiftshader',
            '--use-angle=swiftshader',
            '--enable-unsafe-swiftshader',
          ],
        },
      }),
    },
  },
});
