import {describe, expect, test} from 'vitest';
import {BackendError} from './backend-error';
import {IdRangeError} from './id-range-error';
import {ShapeError} from './shape-error';

describe.each([
  [BackendError, new BackendError('a message')],
  [IdRangeError, new IdRangeError('labels', 30, 4, 27)],
  [ShapeError, new ShapeError('a message')],
])('%o', ({isInstance, name}, error) => {
  test('is an Error of its own name', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
  });

  test('isInstance knows it, and one of another copy of the package, and nothing else', () => {
    expect(isInstance(error)).toBe(true);
    const marker = Symbol.for(`gatefold.gpu-kernels.${name}`);
    expect(isInstance(Object.assign(new Error('of another copy'), {[marker]: true}))).toBe(true);
    expect(isInstance(new Error('plain'))).toBe(false);
    expect(isInstance({[marker]: true})).toBe(false);
    expect(isInstance(undefined)).toBe(false);
  });
});
