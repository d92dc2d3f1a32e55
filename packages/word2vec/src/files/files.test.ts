import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {WordVectorsError} from '../errors/word-vectors-error';
import {WordVectors} from '../word-vectors/word-vectors';
import fixture from './fixtures/vectors.json';
import {float32ToText, sixDecimals} from './float32-to-text';
import {toProjector} from './projector';
import {decodeVectorsSafetensors, encodeVectorsSafetensors} from './safetensors';
import {decodeWord2VecBinary, encodeWord2VecBinary} from './word2vec-binary';
import {decodeWord2VecText, encodeWord2VecText} from './word2vec-text';

const vectors = new WordVectors(fixture.words, Float32Array.from(fixture.values), 5);
const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe(`text and binary files are those of ${fixture.source}, byte for byte`, () => {
  test('text, both ways', () => {
    expect(text(encodeWord2VecText(vectors))).toBe(text(bytesOf(fixture.text)));
    const read = decodeWord2VecText(bytesOf(fixture.text));
    expect(read.words).toEqual(vectors.words);
    expect(read.values).toEqual(vectors.values);
  });

  test('binary, both ways', () => {
    expect(encodeWord2VecBinary(vectors)).toEqual(bytesOf(fixture.binary));
    const read = decodeWord2VecBinary(bytesOf(fixture.binary));
    expect(read.words).toEqual(vectors.words);
    expect(read.values).toEqual(vectors.values);
  });
});

describe('the style of word2vec.c', () => {
  test('writes six decimals as C does, and a space before the line break', () => {
    expect(Array.from(vectors.values, sixDecimals)).toEqual(fixture.sixDecimals);
    const small = new WordVectors(['a', 'b'], Float32Array.of(0.5, -1, 2, 0.25), 2);
    expect(text(encodeWord2VecText(small, {style: 'word2vec.c'}))).toBe(
      '2 2\na 0.500000 -1.000000 \nb 2.000000 0.250000 \n',
    );
    expect(decodeWord2VecText(encodeWord2VecText(small, {style: 'word2vec.c'}))).toEqual(small);
  });

  test('ends binary vectors with a line break, and is read', () => {
    const bytes = encodeWord2VecBinary(vectors, {style: 'word2vec.c'});
    expect(bytes).toHaveLength(encodeWord2VecBinary(vectors).length + vectors.size);
    expect(decodeWord2VecBinary(bytes).values).toEqual(vectors.values);
  });
});

test('float32 values survive their text, in the fewest digits', () => {
  expect([0.1, 1, -2.5, 0, 1e-5, 1e16].map((value) => float32ToText(Math.fround(value)))).toEqual(
    ['0.1', '1.0', '-2.5', '0.0', '1e-05', '1e+16'], // as numpy prints them
  );
  fc.assert(
    fc.property(fc.float({noNaN: true, noDefaultInfinity: true}), (value) => {
      expect(Math.fround(Number(float32ToText(value)))).toBe(value);
    }),
  );
});

test('safetensors keep words of any kind', () => {
  const odd = new WordVectors(['new york', '', 'zürich'], Float32Array.of(1, 2, 3), 1);
  expect(decodeVectorsSafetensors(encodeVectorsSafetensors(odd))).toEqual(odd);
});

test('the projector has a vector and a word a line', () => {
  const small = new WordVectors(['a', 'b'], Float32Array.of(0.5, -1, 2, 0.25), 2);
  expect(toProjector(small)).toEqual({vectors: '0.5\t-1.0\n2.0\t0.25\n', metadata: 'a\nb\n'});
});

describe('damaged files', () => {
  const encode = (content: string) => new TextEncoder().encode(content);

  test('cut anywhere are an error', () => {
    for (const [bytes, decode] of [
      [bytesOf(fixture.text), decodeWord2VecText],
      [bytesOf(fixture.binary), decodeWord2VecBinary],
      [encodeVectorsSafetensors(vectors), decodeVectorsSafetensors],
    ] as const) {
      for (let length = 0; length < bytes.length; length++) expect(() => decode(bytes.subarray(0, length))).toThrow();
    }
  });

  test.each([
    ['hello\n', 'the number of words and the dimension were expected'],
    ['-3 5\n', 'the number of words and the dimension were expected'],
    ['2 0\n', 'the number of words and the dimension were expected'],
    ['999999999 999999\na 1\n', 'The header says 999999999 words of 999999 numbers'],
    ['1 2\na 1 2 3\n', '3 values after the word; 2 were expected'],
    ['1 2\na 1 b\n', '"b" is no finite number'],
    ['1 2\na 1 NaN\n', '"NaN" is no finite number'],
    ['1 2\na 1 1e999\n', '"1e999" is no finite number'],
    ['2 1\na 1\na 1\n', 'The word "a" comes twice'],
    ['1 1\na 1\nb 1\n', 'More lines follow the 1 words'],
  ])('the text %j is an error that says what is wrong', (content, message) => {
    expect(() => decodeWord2VecText(encode(content))).toThrow(WordVectorsError);
    expect(() => decodeWord2VecText(encode(content))).toThrow(message);
  });

  test.each([
    [encode('999999999 100\nab'), 'The header says 999999999 words of 100 numbers'],
    [Uint8Array.of(...encode('1 1\n'), ...new Uint8Array(20_000).fill(97)), 'does not end within 10000 bytes'],
    [Uint8Array.of(...encode('1 1\n'), 255, 32, 0, 0, 0, 0), 'is not UTF-8'],
    [Uint8Array.of(...encode('1 1\n a'), 32, 0, 0, 0, 0), 'is empty'],
    [Uint8Array.of(...encode('1 1\na '), 0, 0, 192, 127), 'The vector of "a" holds NaN'],
    [Uint8Array.of(...encode('1 1\na '), 0, 0, 0, 0, 1), '1 bytes follow the 1 words'],
  ])('binary %# is an error that says what is wrong', (bytes, message) => {
    expect(() => decodeWord2VecBinary(bytes)).toThrow(WordVectorsError);
    expect(() => decodeWord2VecBinary(bytes)).toThrow(message);
  });

  test('words that lines cannot hold are refused', () => {
    const odd = new WordVectors(['new york'], Float32Array.of(1), 1);
    for (const encodeOdd of [encodeWord2VecText, encodeWord2VecBinary, toProjector]) {
      expect(() => encodeOdd(odd)).toThrow('"new york" cannot be written');
    }
  });

  test('safetensors of something else are refused', () => {
    const bytes = encodeVectorsSafetensors(vectors);
    const other = new TextEncoder().encode(new TextDecoder('latin1').decode(bytes).replace('"vectors"', '"victors"'));
    expect(other.length).toBeGreaterThan(0);
    expect(() => decodeVectorsSafetensors(other)).toThrow();
  });
});
