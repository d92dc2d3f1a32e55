/** The path from the root of a binary tree to every word, short for frequent words. */
export interface HuffmanTree {
  /** The path of word `w` is `nodes` and `branches` from `starts[w]` to `starts[w + 1]`; `[V + 1]`. */
  readonly starts: Uint32Array;
  /** Inner nodes, root first, numbered 0 to V - 2. */
  readonly nodes: Uint32Array;
  /** Which branch leads on from each: 0 to the rarer half, 1 to the other. */
  readonly branches: Uint8Array;
  readonly longestPath: number;
}

/**
 * Joins the two rarest groups of words until one is left. Of two groups that occur equally often the word goes first,
 * then the earlier made; of two words the one with the higher id.
 *
 * @param counts of every word, most frequent first; at least two words.
 * @throws RangeError where there are fewer than two words, or a word is more frequent than one before it.
 * Cost: linear in the number of words, for they come sorted. Source: Huffman 1952; for words, Morin & Bengio 2005.
 */
export function makeHuffmanTree(counts: ArrayLike<number>): HuffmanTree {
  const words = counts.length;
  if (words < 2) throw new RangeError(`A Huffman tree of ${words} words has no branches, expected at least two words.`);
  const weights = new Float64Array(2 * words - 1); // words, then inner nodes as they are made
  for (let word = 0; word < words; word++) {
    if (word > 0 && !(counts[word]! <= counts[word - 1]!)) {
      throw new RangeError(
        `Word ${word} occurs ${counts[word]} times, the one before it ${counts[word - 1]}: expected the most frequent first.`,
      );
    }
    weights[word] = counts[word]!;
  }
  const parents = new Uint32Array(2 * words - 1);
  const branchOf = new Uint8Array(2 * words - 1);
  let nextWord = words - 1;
  let nextNode = words;
  for (let made = words; made < 2 * words - 1; made++) {
    for (const branch of [0, 1]) {
      const takesWord = nextWord >= 0 && (nextNode >= made || weights[nextWord]! <= weights[nextNode]!);
      const rarest = takesWord ? nextWord-- : nextNode++;
      weights[made]! += weights[rarest]!;
      parents[rarest] = made;
      branchOf[rarest] = branch;
    }
  }
  const root = 2 * words - 2;
  const depths = new Uint32Array(2 * words - 1);
  for (let node = root - 1; node >= 0; node--) depths[node] = depths[parents[node]!]! + 1;
  const starts = new Uint32Array(words + 1);
  for (let word = 0; word < words; word++) starts[word + 1] = starts[word]! + depths[word]!;
  const nodes = new Uint32Array(starts[words]!);
  const branches = new Uint8Array(starts[words]!);
  for (let word = 0; word < words; word++) {
    let at = starts[word + 1]!;
    for (let node = word; node !== root; node = parents[node]!) {
      at -= 1;
      nodes[at] = parents[node]! - words;
      branches[at] = branchOf[node]!;
    }
  }
  const longestPath = depths.subarray(0, words).reduce((longest, depth) => Math.max(longest, depth), 0);
  return {starts, nodes, branches, longestPath};
}
