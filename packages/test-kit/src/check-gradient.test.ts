import {customGrad, mul, type Scalar, setBackend, square, sum, type Tensor, tanh, tidy} from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, test} from 'vitest';
import './backends-under-test'; // registers the backends
import {checkGradient} from './check-gradient';
import {seededValues} from './seeded-values';

/** tanh with a gradient that is wrong by a factor. */
const wrongBy = (factor: number) =>
  customGrad((...given) => {
    const x = given[0] as Tensor;
    const value = tanh(x);
    return {value, gradFunc: (dy: Tensor) => mul(dy, mul(factor, square(value).neg().add(1)))};
  });

const large = {shape: [10, 20], values: seededValues(200, 1)};
const small = {shape: [2], values: seededValues(2, 2)};

describe('checkGradient', () => {
  beforeAll(() => setBackend('cpu'));

  const f = (ofLarge: (x: Tensor) => Tensor, ofSmall: (x: Tensor) => Tensor) => (a: Tensor, b: Tensor) =>
    tidy(() => sum(ofLarge(a)).add(sum(ofSmall(b))) as Scalar);

  test('lets a right gradient through', async () => {
    await expect(checkGradient(f(tanh, tanh), [large, small])).resolves.toBeUndefined();
  });

  test('finds an error of 0.05 % in a large input', async () => {
    await expect(checkGradient(f(wrongBy(1.0005), tanh), [large, small])).rejects.toThrow(
      /moving all inputs.*the gradient says/,
    );
  });

  test('finds an error of 0.5 % in a small input beside a large one', async () => {
    await expect(checkGradient(f(tanh, wrongBy(1.005)), [large, small])).rejects.toThrow(/the gradient says/);
  });

  test('finds a gradient that is missing', async () => {
    await expect(checkGradient(f(tanh, wrongBy(0)), [large, small])).rejects.toThrow(/the gradient says/);
  });
});
