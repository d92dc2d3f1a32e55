import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, startBackend} from '@gatefold/test-kit';
import * as tf from '@tensorflow/tfjs';
import {beforeAll, describe, expect, test} from 'vitest';
import {WordVectorsError} from '../errors/word-vectors-error';
import {WordVectors} from '../word-vectors/word-vectors';
import {evaluateAnalogies} from './evaluate-analogies';
import {evaluateSimilarity} from './evaluate-similarity';
import fixture from './fixtures/similarity.json';

describe('evaluateSimilarity', () => {
  const vectors = new WordVectors(fixture.words, Float32Array.from(fixture.values), 4);
  const lines = fixture.pairs.map((pair) => pair.join('\t')).join('\n');

  test(`has the correlations of ${fixture.source}, ties included`, () => {
    const result = evaluateSimilarity(vectors, lines);
    expect(result.spearman).toBeCloseTo(fixture.spearman, 6);
    expect(result.pearson).toBeCloseTo(fixture.pearson, 6);
    expect(result).toMatchObject({pairs: fixture.pairs.length, outOfVocabulary: 0});
  });

  test('passes comments and a header over, counts unknown words, lowers the case of others', () => {
    const text = `# a comment\nWord 1,Word 2,Human (mean)\nWORD0,word1,3\nword0,unknown,4\nword2,word3,1\n`;
    expect(evaluateSimilarity(vectors, text)).toMatchObject({pairs: 2, outOfVocabulary: 1});
  });

  test.each([
    ['word0\tword1\t1\nword0 word1 2', 'Line 2 is "word0 word1 2"'],
    ['word0\tword1\t1', 'Only 1 pairs have vectors'],
    ['', 'Only 0 pairs have vectors'],
  ])('%j is an error that says so', (text, message) => {
    expect(() => evaluateSimilarity(vectors, text)).toThrow(WordVectorsError);
    expect(() => evaluateSimilarity(vectors, text)).toThrow(message);
  });
});

/** A country is its capital and one direction more: each question has its answer. */
const places = ['athens', 'greece', 'baku', 'azerbaijan', 'bern', 'switzerland'];
const vectors = new WordVectors(
  [...places, 'rare'],
  Float32Array.from(
    [
      [1, 0, 0, 0, 1, 0, 0, 1],
      [0, 1, 0, 0, 0, 1, 0, 1],
      [0, 0, 1, 0, 0, 0, 1, 1],
      [1, 1, 1, 1],
    ].flat(),
  ),
  4,
);
const questions = `: capitals
Athens Greece Baku Azerbaijan
athens greece bern switzerland
: gram1-wrong
athens greece baku bern
athens greece baku nowhere
baku azerbaijan bern rare
`;

describe.each(backendsUnderTest)('evaluateAnalogies on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test('counts by section, and words that are not among the most frequent', async () => {
    const before = tf.memory().numTensors;
    const result = await evaluateAnalogies(vectors, questions, {restrictTo: 6});
    expect(result).toMatchObject({
      restrictedTo: 6,
      asked: 3,
      outOfVocabulary: 2,
      semantic: {correct: 2, asked: 2, accuracy: 1},
      syntactic: {correct: 0, asked: 1, outOfVocabulary: 2, accuracy: 0},
    });
    expect(result.accuracy).toBeCloseTo(2 / 3, 12);
    expect(result.sections.map(({name}) => name)).toEqual(['capitals', 'gram1-wrong']);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('answers a thousand questions as mostSimilar does one by one', async () => {
    const words = Array.from({length: 300}, (_, index) => `w${index}`);
    const values = Float32Array.from({length: 300 * 8}, (_, index) => Math.sin(index * index));
    const many = new WordVectors(words, values, 8);
    const lines = Array.from({length: 1000}, (_, index) => {
      const [a, b, c] = [0, 1, 2].map((part) => words[(index * (part + 3) + 7 * part) % 250]!) as [
        string,
        string,
        string,
      ];
      const query = {positive: [b, c], negative: [a]};
      const {word} = many.mostSimilar(query, {count: 1, restrictTo: 250})[0]!;
      return `${a} ${b} ${c} ${index % 2 === 0 ? word : words[(words.indexOf(word) + 1) % 250]}`;
    });
    const {correct, asked} = await evaluateAnalogies(many, lines.join('\n'), {restrictTo: 250});
    expect({correct, asked}).toEqual({correct: 500, asked: 1000});
  });

  test('a line of three words is an error that names it', async () => {
    await expect(evaluateAnalogies(vectors, 'a b c d\na b c')).rejects.toThrow('Line 2 is "a b c"');
  });
});
