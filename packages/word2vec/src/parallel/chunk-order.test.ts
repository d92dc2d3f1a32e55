import {expect, test} from 'vitest';
import {chunkOrder} from './chunk-order';

const orderOf = (chunks: number) => Array.from({length: chunks}, (_, position) => chunkOrder(chunks)(position));

test.each([1, 2, 3, 4, 7, 100, 1463])('of %i chunks each comes once, the last at the end', (chunks) => {
  const order = orderOf(chunks);
  expect([...order].sort((one, other) => one - other)).toEqual(Array.from({length: chunks}, (_, chunk) => chunk));
  expect(order.at(-1)).toBe(chunks - 1);
});

test('any ten in a row come from all over the text', () => {
  const order = orderOf(1463).slice(0, -1);
  for (let start = 0; start + 10 <= order.length; start++) {
    const places = order.slice(start, start + 10).sort((one, other) => one - other);
    const gaps = places.slice(1).map((place, index) => place - places[index]!);
    expect(Math.min(...gaps)).toBeGreaterThan(50);
  }
});
