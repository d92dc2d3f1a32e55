// A TensorBoard event file is a series of records, each a protobuf message tensorflow.Event (tensorflow/core/util/event.proto)
// in the frame of TFRecord: its length in 8 bytes, their checksum in 4, the message, its checksum in 4, all little-endian.
import {maskedCRC32C} from './crc32c';

export interface EventMessage {
  /** Seconds since 1970. */
  wallTime: number;
  step?: number;
  /** Of the first record, `brain.Event:2`. */
  fileVersion?: string;
  /** Numbers by tag; float32 in the file. */
  scalars?: Readonly<Record<string, number>>;
  /** Whether what other files hold of this step and later ones is void. */
  restart?: boolean;
}

/** An event, framed. */
export function eventRecord(event: EventMessage): Uint8Array {
  const message = encodeEvent(event);
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCRC32C(record.subarray(0, 8)), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, maskedCRC32C(message), true);
  return record;
}

function encodeEvent({wallTime, step = 0, fileVersion, scalars, restart}: EventMessage): Uint8Array {
  const values = Object.entries(scalars ?? {}).map(([tag, value]) =>
    // Summary.Value {tag = 1, simple_value = 2}
    bytesField(1, join(bytesField(1, text(tag)), float32Field(2, value))),
  );
  return join(
    float64Field(1, wallTime),
    ...(step === 0 ? [] : [varintField(2, step)]), // a number that is not there is 0
    ...(fileVersion === undefined ? [] : [bytesField(3, text(fileVersion))]),
    ...(values.length === 0 ? [] : [bytesField(5, join(...values))]),
    ...(restart ? [bytesField(7, varintField(1, 1))] : []), // SessionLog {status = 1: START = 1}
  );
}

// Protobuf: https://protobuf.dev/programming-guides/encoding. A field is a key, its number and wire type, and a value.

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  // Division, since a step beyond 2^31 would overflow shifts.
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.of(...bytes, value);
}

function varintField(field: number, value: number): Uint8Array {
  return join(varint(field * 8), varint(value));
}

function float64Field(field: number, value: number): Uint8Array {
  return join(varint(field * 8 + 1), new Uint8Array(littleEndian(8, (view) => view.setFloat64(0, value, true))));
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return join(varint(field * 8 + 2), varint(value.length), value);
}

function float32Field(field: number, value: number): Uint8Array {
  return join(varint(field * 8 + 5), new Uint8Array(littleEndian(4, (view) => view.setFloat32(0, value, true))));
}

function littleEndian(size: number, write: (view: DataView) => void): ArrayBuffer {
  const buffer = new ArrayBuffer(size);
  write(new DataView(buffer));
  return buffer;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function join(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
