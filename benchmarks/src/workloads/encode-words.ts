import {Corpus, encodeWords, loadText8} from '@gatefold/text8-data';
import type {Contest, Workload} from '../workload';
import {repeated} from './load-text8';

const vocabularySize = 50_000;

/**
 * Counting the words of a text of text8's size and encoding it, the text being in memory. It is the State of the Union
 * again and again, 23,705 words; `TEXT8` may name an archive or file of a real one. The stock side is what scripts do: a
 * string is split, its words are counted and looked up in a map; on a tenth of the text.
 */
export const encodeWordsWorkload: Workload = {
  name: 'encode-words',
  description: 'count and encode the words of 100 MB; stock: split and a map, of a tenth of it, times ten',
  backends: ['none'],
  nowhereElse: true,
  async prepare(): Promise<Contest> {
    const path = process.env.TEXT8;
    const corpus = path ? await loadText8({path}) : new Corpus('text8', await repeated());
    const ours = () => {
      encodeWords(corpus, {vocabularySize});
    };
    ours();
    const peakMegabytes = process.resourceUsage().maxRSS / 1000; // it is in KB
    const tenth = corpus.slice(0, corpus.length / 10).toString();
    return {
      ours,
      stock: () => {
        const words = tenth.split(' ').filter((word) => word !== '');
        const counts = new Map<string, number>();
        for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
        const ranked = [...counts].sort(([, a], [, b]) => b - a).slice(0, vocabularySize - 1);
        const ids = new Map(ranked.map(([word], index) => [word, index + 1]));
        Int32Array.from(words, (word) => ids.get(word) ?? 0);
      },
      stockShare: 0.1,
      amount: {characters: corpus.length},
      peakMegabytes,
      dispose: () => undefined,
    };
  },
};
