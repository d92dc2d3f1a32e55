import type {WordCorpus} from './word-corpus';

/** @throws RangeError where there is nothing to learn from, or its sizes contradict one another. */
export function expectCorpus({vocabulary, length, rawLength}: WordCorpus): void {
  const {words, counts} = vocabulary;
  if (words.length !== counts.length) {
    throw new RangeError(
      `The vocabulary has ${words.length} words and ${counts.length} counts, expected a count a word.`,
    );
  }
  const occurring = Array.from(counts).filter((count) => count > 0).length;
  if (occurring < 2) {
    throw new RangeError(
      `The corpus has ${occurring} different words, expected at least two: give it more text, or a lower minimum count.`,
    );
  }
  if (!(Number.isSafeInteger(length) && length > 0)) {
    throw new RangeError(`The corpus has ${length} words in its vocabulary, expected at least one.`);
  }
  if (!(rawLength >= length)) {
    throw new RangeError(`The corpus has rawLength ${rawLength}, expected at least its length, ${length}.`);
  }
}

/** What tells one corpus from another, short enough for an error. */
export function describeCorpus({vocabulary: {words, counts}, length, rawLength}: WordCorpus): string {
  let hash = 0x811c9dc5; // FNV-1a
  for (let index = 0; index < words.length; index++) {
    const entry = `${words[index]} ${counts[index]} `;
    for (let at = 0; at < entry.length; at++) hash = Math.imul(hash ^ entry.charCodeAt(at), 0x01000193);
  }
  const digest = (hash >>> 0).toString(16).padStart(8, '0');
  return `${rawLength} words, ${length} of them in a vocabulary of ${words.length} (hash ${digest})`;
}
