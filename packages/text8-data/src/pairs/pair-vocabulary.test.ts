import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {Tokenizer} from '@huggingface/tokenizers';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {CorpusError} from '../errors/corpus-error';
import {WordVocabulary} from '../vocabulary/word-vocabulary';
import subwords from './fixtures/subwords.json';
import {PairVocabulary} from './pair-vocabulary';
import {reservedSymbols} from './reserved-symbols';

const {PAD, GO, EOS, UNK} = reservedSymbols;
const letters = PairVocabulary.ofCharacters(' abcdefghijklmnopqrstuvwxyz');
const decodes = (vocabulary: PairVocabulary, text: string) => vocabulary.decode(vocabulary.encode(text));

describe('a vocabulary of characters', () => {
  test('has PAD, GO, EOS, UNK as 0 to 3, then the alphabet', () => {
    expect([PAD, GO, EOS, UNK]).toEqual([0, 1, 2, 3]);
    expect(letters.size).toBe(31);
    expect([...letters.encode(' az')]).toEqual([4, 5, 30]);
  });

  test('comes back to the text from its ids, in any script', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', minLength: 1}), (text) => {
        expect(decodes(PairVocabulary.ofCharacters([text, text]), text)).toBe(text);
      }),
      {seed: 20261125, numRuns: 500},
    );
  });

  test('decodes up to EOS, without PAD and GO', () => {
    const [f, o, x] = letters.encode('fox');
    expect(letters.decode([GO, f!, PAD, o!, UNK, x!, EOS, f!])).toBe('fo\uFFFDx');
    expect(letters.decode([])).toBe('');
  });

  test('refuses an unknown character, or takes it for UNK where it is told of it', () => {
    expect(() => letters.encode('the 🦊!')).toThrow('"🦊" at offset 4 is not in the alphabet of 27 characters');
    const unknown: unknown[] = [];
    const ids = letters.encode('a🦊!', {onUnknown: (symbol) => unknown.push(symbol)});
    expect([...ids]).toEqual([5, UNK, UNK]);
    expect(unknown).toEqual([
      {symbol: '🦊', offset: 1},
      {symbol: '!', offset: 2},
    ]);
  });

  test.each([31, -1, 0.5, Number.NaN])('refuses to decode %d', (id) => {
    expect(() => letters.decode([5, id])).toThrow(`Id ${id} at position 1`);
  });

  test('refuses an empty alphabet', () => {
    expect(() => PairVocabulary.ofCharacters(['', ''])).toThrow('alphabet is empty');
  });
});

describe('a vocabulary of words', () => {
  test('has those of texts, the most frequent first, and takes others for UNK', () => {
    const words = PairVocabulary.countWords(['le  chien,\tle', 'renard dort où le chien, dort'], {size: 7});
    expect(words.size).toBe(7);
    expect([...words.encode('le chien, dort où')]).toEqual([4, 5, 6, UNK]);
    expect(decodes(words, ' le\nchat dort ')).toBe('le UNK dort');
    expect(PairVocabulary.countWords(['a a b', 'b c'], {minimumCount: 2}).size).toBe(6);
  });

  test('tells of unknown words', () => {
    const unknown: unknown[] = [];
    PairVocabulary.ofWords(['the', 'fox']).encode('the dog', {onUnknown: (symbol) => unknown.push(symbol)});
    expect(unknown).toEqual([{symbol: 'dog', offset: 1}]);
  });

  test('is made of a counted vocabulary, whose UNK becomes the reserved one', () => {
    const counted = WordVocabulary.count('the fox the dog', {size: 3});
    expect(counted.words).toEqual(['UNK', 'the', 'fox']);
    const words = PairVocabulary.ofWords(counted);
    expect(words.size).toBe(6);
    expect([...words.encode('fox the dog')]).toEqual([5, 4, UNK]);
    expect(PairVocabulary.ofWords(WordVocabulary.count('the fox the dog', {minimumCount: 1})).size).toBe(7);
  });

  test('refuses what are no words, and sizes without room for one', () => {
    expect(() => PairVocabulary.ofWords([])).toThrow('no word');
    expect(() => PairVocabulary.ofWords(['a', 'b', 'a'])).toThrow('"a" is no word or comes twice');
    expect(() => PairVocabulary.ofWords(['a', 'b c'])).toThrow('"b c"');
    expect(() => PairVocabulary.countWords(['a b'], {size: 4})).toThrow('size is 4, expected a whole number from 5');
    expect(() => PairVocabulary.countWords(['a b'])).toThrow('minimumCount');
  });
});

describe('a vocabulary of subwords', () => {
  test.each(['withUnknown', 'bytes'] as const)(
    'has the ids and texts of the tokenizer that trained it (%s)',
    (kind) => {
      const {tokenizer, texts} = subwords[kind];
      const vocabulary = PairVocabulary.ofSubwords(tokenizer, Tokenizer);
      expect(vocabulary.size).toBe(64);
      for (const {text, ids, decoded} of texts) {
        const unknown = kind === 'withUnknown' ? 0 : -1;
        expect([...vocabulary.encode(text)]).toEqual(ids.map((id) => (id === unknown ? UNK : 4 + id)));
        if (!ids.includes(unknown)) expect(decodes(vocabulary, text)).toBe(decoded);
      }
    },
  );

  test('takes what the tokenizer does not know for UNK, and tells of it', () => {
    const vocabulary = PairVocabulary.ofSubwords(subwords.withUnknown.tokenizer, Tokenizer);
    const unknown: string[] = [];
    const ids = vocabulary.encode('the fox 9', {onUnknown: ({symbol}) => unknown.push(symbol)});
    expect(ids.at(-1)).toBe(UNK);
    expect(unknown).toHaveLength(1);
    expect(vocabulary.decode(ids)).toMatch(/^the fox.*\uFFFD$/);
  });

  test('refuses what is no tokenizer', () => {
    expect(() => PairVocabulary.ofSubwords({}, Tokenizer)).toThrow(CorpusError);
    expect(() => PairVocabulary.ofSubwords({model: {type: 'BPE'}}, Tokenizer)).toThrow('This is no tokenizer');
  });
});

describe('saved and loaded', () => {
  const vocabularies = {
    characters: PairVocabulary.ofCharacters('aé🦊 '),
    words: PairVocabulary.ofWords(['the', 'renard', 'où']),
    subwords: PairVocabulary.ofSubwords(subwords.withUnknown.tokenizer, Tokenizer),
  };

  test.each(Object.entries(vocabularies))('%s are the same', async (_, vocabulary) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gatefold-'));
    const file = path.join(folder, 'vocabulary.json');
    await vocabulary.save(file);
    const loaded = await PairVocabulary.load(file, {Tokenizer});
    expect(loaded.toJSON()).toEqual(vocabulary.toJSON());
    expect(loaded.size).toBe(vocabulary.size);
    const onUnknown = () => undefined;
    expect(loaded.encode('the fox', {onUnknown})).toEqual(vocabulary.encode('the fox', {onUnknown}));
    await rm(folder, {recursive: true});
  });

  test('subwords want their tokenizer', () => {
    expect(() => PairVocabulary.fromJSON(vocabularies.subwords.toJSON())).toThrow('@huggingface/tokenizers');
  });

  test.each([null, [], {}, {kind: 'words'}, {kind: 'words', words: [1]}, {kind: 'sentences'}])('%j is none', (json) => {
    expect(() => PairVocabulary.fromJSON(json as never)).toThrow('not a vocabulary of pairs');
  });

  test('a file that holds none is an error with its name', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gatefold-'));
    const file = path.join(folder, 'vocabulary.json');
    await writeFile(file, '{"kind": "chara');
    await expect(PairVocabulary.load(file)).rejects.toThrow(/vocabulary\.json holds no vocabulary/);
    await expect(PairVocabulary.load(path.join(folder, 'none'))).rejects.toThrow(CorpusError);
    await rm(folder, {recursive: true});
  });
});
