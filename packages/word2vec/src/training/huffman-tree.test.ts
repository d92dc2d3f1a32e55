import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {makeHuffmanTree} from './huffman-tree';

function codesOf(counts: number[]): string[] {
  const {starts, branches} = makeHuffmanTree(counts);
  return counts.map((_, word) => branches.slice(starts[word], starts[word + 1]).join(''));
}

/** The least possible sum of code length times count: the sum of all inner nodes' weights. */
function leastCost(counts: number[]): number {
  const groups = [...counts];
  let cost = 0;
  while (groups.length > 1) {
    groups.sort((a, b) => b - a);
    const joined = groups.pop()! + groups.pop()!;
    cost += joined;
    groups.push(joined);
  }
  return cost;
}

describe('Huffman tree', () => {
  test('a small one by hand', () => {
    expect(codesOf([5, 2, 1, 1]).map(({length}) => length)).toEqual([1, 2, 3, 3]);
  });

  test('no code begins another, and no tree would be shorter', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), {minLength: 2, maxLength: 40}), (unsorted) => {
        const counts = unsorted.toSorted((a, b) => b - a);
        const codes = codesOf(counts);
        const sorted = codes.toSorted();
        for (let index = 1; index < sorted.length; index++) {
          expect(sorted[index]!.startsWith(sorted[index - 1]!)).toBe(false);
        }
        expect(codes.reduce((cost, {length}, word) => cost + length * counts[word]!, 0)).toBe(leastCost(counts));
      }),
    );
  });

  test('paths start at the root and agree on shared nodes', () => {
    const {starts, nodes, branches, longestPath} = makeHuffmanTree([9, 7, 5, 3, 2, 1, 1]);
    const seen = new Map<string, number>();
    for (let word = 0; word < 7; word++) {
      let prefix = '';
      for (let at = starts[word]!; at < starts[word + 1]!; at++) {
        expect(seen.get(prefix) ?? nodes[at]).toBe(nodes[at]);
        seen.set(prefix, nodes[at]!);
        prefix += branches[at];
      }
      expect(prefix.length).toBeLessThanOrEqual(longestPath);
    }
    expect([...seen.values()].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('refuses fewer than two words, and unsorted ones', () => {
    expect(() => makeHuffmanTree([3])).toThrow('of 1 words has no branches');
    expect(() => makeHuffmanTree([3, 4])).toThrow('expected the most frequent first');
  });
});
