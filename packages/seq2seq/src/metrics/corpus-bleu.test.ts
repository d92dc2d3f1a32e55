import {describe, expect, test} from 'vitest';
import {type CorpusBleuOptions, corpusBleu} from './corpus-bleu';
import fixtures from './fixtures/corpus-bleu.json';
import {type Tokenisation, tokensOf} from './tokenisation';

const cases: Record<string, {hypotheses: string[]; references: string[][]}> = fixtures.cases;

describe('corpusBleu', () => {
  test.each(fixtures.scores)("is sacreBLEU's to 1e-9: $name, $options", ({name, options, expected}) => {
    const {hypotheses, references} = cases[name]!;
    const bleu = corpusBleu(hypotheses, references, options as CorpusBleuOptions);
    for (const key of ['score', 'brevityPenalty', 'hypothesisLength', 'referenceLength'] as const) {
      expect(bleu[key]).toBeCloseTo(expected[key], 9);
    }
    bleu.precisions.forEach((precision, order) => {
      expect(precision).toBeCloseTo(expected.precisions[order]!, 9);
    });
  });

  test('takes one reference as a text', () => {
    const {hypotheses, references} = cases.many!;
    const texts = references.map(([text]) => text!);
    expect(corpusBleu(hypotheses, texts)).toEqual(corpusBleu(hypotheses, references));
    expect(corpusBleu(['the fox jumps over the dog'], ['the fox jumps over a dog']).score).toBeCloseTo(53.73, 2);
  });

  test('refuses nothing, numbers that differ, and options that are none', () => {
    expect(() => corpusBleu([], [])).toThrow('no hypotheses');
    expect(() => corpusBleu(['a'], [])).toThrow('1 hypotheses and 0 references');
    expect(() => corpusBleu(['a'], [[]])).toThrow('Hypothesis 0 has no reference');
    expect(() => corpusBleu(['a'], ['a'], {tokenisation: 'toString' as 'none'})).toThrow('one of 13a, char, none');
    expect(() => corpusBleu(['a'], ['a'], {smoothing: 'floor' as 'none'})).toThrow('smoothing is "floor"');
  });
});

test.each(fixtures.tokens)('$tokenisation cuts $text', ({tokenisation, text, expected}) => {
  expect(tokensOf(text, tokenisation as Tokenisation)).toEqual(expected);
});
