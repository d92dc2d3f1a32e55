import {PairVocabulary} from '@gatefold/text8-data';
import {expect, it} from 'vitest';
import {wordsRight} from './words-right';

const vocabulary = PairVocabulary.ofCharacters(' abcdefghijklmnopqrstuvwxyz');
const pairs = [
  {source: 'the fox', target: 'eht xof'},
  {source: 'dog', target: 'god'},
];

it('counts words in their places, and a word too many as wrong', async () => {
  const texts = ['eht xfo', 'god x'];
  const decodeGreedily = async () =>
    texts.map((text) => ({ids: Uint32Array.from(vocabulary.encode(text)), ended: true, logProbability: 0}));
  expect(await wordsRight({decodeGreedily}, pairs, {vocabulary})).toEqual({share: 2 / 4, words: 3, made: texts});
});
