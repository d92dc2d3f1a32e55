import {describe, expect, test} from 'vitest';
import {crc32c} from './crc32c';
import {type EventMessage, eventRecord} from './event-record';
import fixture from './fixtures/event-file.json';

describe('crc32c', () => {
  test('is that of RFC 3720, B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({length: 32}, (_, index) => index))).toBe(0x46dd794e);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array())).toBe(0);
  });
});

test(`records are, byte for byte, those of ${fixture.source}`, () => {
  const records = (fixture.events as unknown as EventMessage[]).flatMap((event) => [...eventRecord(event)]);
  expect(btoa(String.fromCharCode(...records))).toBe(fixture.base64);
});
