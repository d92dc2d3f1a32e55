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

it('sees no word in the space that a window begins or ends with', async () => {
  const decodeGreedily = async () => [
    {ids: Uint32Array.from(vocabulary.encode(' eht ')), ended: true, logProbability: 0},
  ];
  const cut = [{source: ' the x', target: ' eht x'}];
  expect(await wordsRight({decodeGreedily}, cut, {vocabulary})).toMatchObject({share: 1 / 2, words: 2});
});
