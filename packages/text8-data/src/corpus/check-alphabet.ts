import {CorpusError} from '../errors/corpus-error';

/** 1 for the bytes of a to z and space. */
const allowed = Uint8Array.from({length: 256}, (_, byte) => Number(byte === 0x20 || (byte >= 0x61 && byte <= 0x7a)));

/** Throws a CorpusError at the first byte that is not a to z or space. */
export function checkAlphabet(name: string, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; offset++) {
    if (allowed[bytes[offset]!] === 0) throw new CorpusError(describe(name, bytes[offset]!, offset));
  }
}

function describe(name: string, byte: number, offset: number): string {
  const shown = byte > 0x20 && byte < 0x7f ? ` ("${String.fromCharCode(byte)}")` : '';
  return (
    `${name} has byte 0x${byte.toString(16).padStart(2, '0')}${shown} at offset ${offset}, expected only a to z and space. ` +
    'Pass normalise: true to bring the text to that alphabet.'
  );
}
