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

  test('keep NaN', () => {
    const {x} = decodeSafetensors(encodeSafetensors({x: {shape: [1], data: Float32Array.of(Number.NaN)}})).tensors;
    expect(x!.data[0]).toBeNaN();
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
    const bytes = Uint8Array.from(Buffer.from(fixture.base64, 'base64'));
    const {tensors, metadata} = decodeSafetensors(bytes);
    expect(metadata).toEqual({kind: 'fixture'});
    expect(tensors.matrix).toEqual({shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25)});
    expect(tensors.scalar!.shape).toEqual([]);
    expect(tensors.ids!.data).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    expect(tensors.bytes!.data).toEqual(Uint8Array.of(0, 255, 7));
  });

  test('refuse a shape that does not hold the data', () => {
    expect(() => encodeSafetensors({x: {shape: [2], data: new Float32Array(3)}})).toThrow('shape [2] but 3 values');
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
