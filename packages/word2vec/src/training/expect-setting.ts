// Settings out of range are errors that say what came and what was expected.

export function wholeNumber(name: string, value: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1 up' : `from 1 to ${most}`;
  throw new RangeError(`${name} is ${value}, expected a whole number ${range}.`);
}

export function numberAbove(name: string, value: number, bound: number): number {
  if (value > bound && value < Number.POSITIVE_INFINITY) return value;
  throw new RangeError(`${name} is ${value}, expected a number above ${bound}.`);
}

export function oneOf(name: string, value: string, expected: readonly string[]): void {
  if (!expected.includes(value)) throw new RangeError(`${name} is ${value}, expected ${expected.join(' or ')}.`);
}
