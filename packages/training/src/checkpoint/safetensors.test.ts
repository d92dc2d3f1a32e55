import {describe, expect, test} from 'vitest';
import {CheckpointError} from '../errors/checkpoint-error';
import fixture from './fixtures/safetensors.json';
import {decodeSafetensors, encodeSafetensors} from './safetensors';

const tensors = {
  weights: {shape: [2, 3], data: Float32Array.of(1, -0, 1e-45, Number.POSITIVE_INFINITY, 3.4028235e38, 0.1)},
  letter: {shape: [3], data: Uint8Array.of(0, 255, 7)},
  ids: {shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1)},
  scalar: {shape: [], data: Float32Array.of(42)},
  nothing: {shape: [0, 4], data: new Float32Array(0)},
};

/** The bytes of a file with a header of our making. */
function withHeader(header: unknown, data = new Uint8Array(8)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

describe('safetensors', () => {
  test('come back as they were, to the bit', () => {
    const decoded = decodeSafetensors(encodeSafetensors(tensors, {kind: 'test'}));
    expect(decoded.metadata).toEqual({kind: 'test'});
    expect({...decoded.tensors}).toEqual(tensors);
    expect(Object.is(decoded.tensors.weights!.data[1], -0)).toBe(true);
  });

  test('keep the bits of every float', () => {
    const bits = Uint32Array.of(0x80000000, 1, 0x807fffff, 0x7f7fffff, 0xff800000, 0x7fc00000, 0x7fa00001, 0xffc12345);
    const encoded = encodeSafetensors({x: {shape: [8], data: new Float32Array(bits.buffer)}});
    const {x} = decodeSafetensors(encoded).tensors;
    expect(new Uint32Array(x!.data.buffer)).toEqual(bits);
  });

  test('are written and read out of the middle of a larger buffer', () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const odd = new Uint8Array(1000).subarray(3);
    const encoded = encodeSafetensors({x: {shape: [2], data}});
    odd.set(encoded);
    expect(decodeSafetensors(odd.subarray(0, encoded.length)).tensors.x!.data).toEqual(Float32Array.of(1, 2));
  });

  test('start every tensor at a multiple of its width', () => {
    const bytes = encodeSafetensors(tensors);
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
    expect(header.weights.data_offsets[0] % 4).toBe(0);
    expect(header.ids.data_offsets[0] % 4).toBe(0);
  });

  test(`are read as ${fixture.source} writes them`, () => {
    const bytes = Uint8Array.from(atob(fixture.base64), (character) => character.charCodeAt(0));
    const {tensors, metadata} = decodeSafetensors(bytes);
    expect(metadata).toEqual({kind: 'fixture'});
    expect(tensors.matrix).toEqual({shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25)});
    expect(tensors.scalar!.shape).toEqual([]);
    expect(tensors.ids!.data).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    expect(tensors.bytes!.data).toEqual(Uint8Array.of(0, 255, 7));
    const half = [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Number.POSITIVE_INFINITY];
    expect(tensors.half).toEqual({shape: [7], data: Float32Array.from(half)});
    expect(tensors.brain).toEqual({shape: [4], data: Float32Array.of(1, -3.140625, 2 ** -126, Number.NaN)});
  });

  test.each([
    ['a shape that does not hold the data', {x: {shape: [2], data: new Float32Array(3)}}, 'shape [2] but 3 values'],
    ['negative sizes', {x: {shape: [-1, -3], data: new Float32Array(3)}}, 'shape [-1, -3] but 3 values'],
    ['the name of the metadata', {__metadata__: {shape: [1], data: new Float32Array(1)}}, 'choose another'],
  ])('refuse %s', (_, wrong, message) => {
    expect(() => encodeSafetensors(wrong)).toThrow(message);
  });

  test('refuse arrays of another type', () => {
    const data: object = new Int16Array(2);
    expect(() => encodeSafetensors({x: {shape: [2], data: data as Int32Array}})).toThrow('[object Int16Array]');
  });

  test('cut anywhere are an error', () => {
    const bytes = encodeSafetensors(tensors);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(CheckpointError);
    }
    expect(() => decodeSafetensors(Uint8Array.of(...bytes, 0))).toThrow(CheckpointError);
  });

  test.each([
    ['a header that is not JSON', withHeader('{"x":')],
    ['a header that is a list', withHeader([])],
    ['a header longer than the file', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 0)],
    ['an unknown dtype', withHeader({x: {dtype: 'F99', shape: [2], data_offsets: [0, 8]}})],
    ['a dtype from the prototype', withHeader({x: {dtype: 'constructor', shape: [2], data_offsets: [0, 8]}})],
    ['a negative size', withHeader({x: {dtype: 'F32', shape: [-2], data_offsets: [0, 8]}})],
    ['offsets beyond the file', withHeader({x: {dtype: 'F32', shape: [4], data_offsets: [0, 16]}})],
    ['offsets that do not fit the shape', withHeader({x: {dtype: 'F32', shape: [1], data_offsets: [0, 8]}})],
    ['a gap', withHeader({x: {dtype: 'F32', shape: [1], data_offsets: [4, 8]}})],
    [
      'an overlap',
      withHeader({
        x: {dtype: 'F32', shape: [2], data_offsets: [0, 8]},
        y: {dtype: 'F32', shape: [1], data_offsets: [4, 8]},
      }),
    ],
    ['a tensor that is no object', withHeader({x: 3})],
    [
      'metadata that is not text',
      withHeader({__metadata__: {a: 1}, x: {dtype: 'F32', shape: [2], data_offsets: [0, 8]}}),
    ],
  ])('with %s are an error', (_, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(CheckpointError);
  });

  test('may call a tensor __proto__', () => {
    const hostile = '{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    expect(Object.keys(decodeSafetensors(withHeader(hostile)).tensors)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });
});
