// CRC-32C (Castagnoli), bit-reversed polynomial 0x82f63b78: https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
const table = Uint32Array.from({length: 256}, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** As it is stored beside data that may hold checksums itself: rotated by 15 bits, plus a constant. */
export function maskedCRC32C(bytes: Uint8Array): number {
  const value = crc32c(bytes);
  return (((value >>> 15) | (value << 17)) + 0xa282ead8) >>> 0;
}
