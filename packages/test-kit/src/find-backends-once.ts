import {backendsUnderTest} from './backends-under-test';

/** Before all tests: says once which backends are there and which not, and spares every test file the search. */
export default function findBackendsOnce(): void {
  process.env.BACKENDS = backendsUnderTest.join(',');
  console.log(`Backends under test: ${backendsUnderTest.join(', ')}`);
  console.log('Not in this run: webgl, and webgpu in a page, which "npm run test:browser" tests.');
}
