// The safetensors format (https://huggingface.co/docs/safetensors): eight bytes with the length of a JSON header, the
// header, then the tensors' bytes one after the other, all little-endian. Any program that reads safetensors reads ours.
import {CheckpointError} from '../errors/checkpoint-error';
import {float32FromBfloat16, float32FromFloat16} from './half-precision';
import {isJSONObject, type JSONValue} from './json';

/** A tensor as plain data; its dtype is that of the array. */
export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array | Uint8Array;
}

export interface Safetensors {
  tensors: Record<string, StoredTensor>;
  /** Free text beside the tensors. */
  metadata: Record<string, string>;
}

/** How the bytes of each dtype become an array; the half precision ones are widened, which loses nothing. */
const readers = {
  F32: {width: 4, read: (buffer: ArrayBuffer) => new Float32Array(buffer)},
  I32: {width: 4, read: (buffer: ArrayBuffer) => new Int32Array(buffer)},
  U8: {width: 1, read: (buffer: ArrayBuffer) => new Uint8Array(buffer)},
  F16: {width: 2, read: (buffer: ArrayBuffer) => float32FromFloat16(new Uint16Array(buffer))},
  BF16: {width: 2, read: (buffer: ArrayBuffer) => float32FromBfloat16(new Uint16Array(buffer))},
} as const;

type Dtype = keyof typeof readers;

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(readers, value);
}

function dtypeOf(name: string, data: StoredTensor['data']): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint8Array) return 'U8';
  const received = Object.prototype.toString.call(data);
  throw new RangeError(`Tensor ${name} has data ${received}, expected a Float32Array, Int32Array or Uint8Array.`);
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/**
 * Writes tensors as safetensors bytes. Wide types come first, so that every tensor starts at a multiple of its width.
 *
 * @throws RangeError where a shape does not hold as many values as its data, the data are of another array type, or a
 *   tensor is called `__metadata__`, which the format keeps for itself.
 * @example await writeFile('vectors.safetensors', encodeSafetensors({vectors: {shape: [50000, 128], data}}));
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata?: Record<string, string>,
): Uint8Array {
  const entries = Object.entries(tensors).toSorted(
    ([a, {data: first}], [b, {data: second}]) =>
      second.BYTES_PER_ELEMENT - first.BYTES_PER_ELEMENT || (a < b ? -1 : a > b ? 1 : 0),
  );
  const header: Record<string, JSONValue> = Object.create(null);
  if (metadata) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, {shape, data}] of entries) {
    if (name === '__metadata__') {
      throw new RangeError('A tensor is called __metadata__, a name that safetensors keep for text: choose another.');
    }
    const dtype = dtypeOf(name, data);
    if (!isSizes(shape) || product(shape) !== data.length) {
      throw new RangeError(
        `Tensor ${name} has shape [${shape.join(', ')}] but ${data.length} values: the product of its sizes must be that.`,
      );
    }
    header[name] = {dtype, shape: [...shape], data_offsets: [offset, offset + data.byteLength]};
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength); // the header ends in spaces
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(json, 8);
  let at = 8 + headerLength;
  for (const [, {data}] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads safetensors bytes and checks them: the header against the length, every tensor's bytes against its shape, and
 * that the tensors fill the file without gap or overlap.
 *
 * @throws CheckpointError where the bytes are cut, damaged, or hold a dtype other than F32, F16, BF16 (both as
 *   float32), I32 and U8.
 * @example const {tensors} = decodeSafetensors(await readFile('vectors.safetensors'));
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const damaged = (what: string) =>
    new CheckpointError(
      `These ${bytes.length} bytes are not whole safetensors: ${what}. Take another copy of the file.`,
    );
  if (bytes.length < 8) throw damaged('they end before the length of the header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const start = 8 + headerLength;
  if (start > bytes.length) throw damaged(`the header should have ${headerLength} bytes`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes.subarray(8, start)));
  } catch {
    throw damaged('the header is not JSON');
  }
  if (!isJSONObject(header)) throw damaged('the header is not a JSON object');

  const {__metadata__: metadata = {}, ...described} = header;
  if (!isJSONObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw damaged('__metadata__ must map names to text');
  }
  const tensors: Record<string, StoredTensor> = Object.create(null);
  const ranges: [number, number][] = [];
  for (const [name, description] of Object.entries(described)) {
    const {dtype, shape, data_offsets: offsets} = isJSONObject(description) ? description : {};
    if (!isDtype(dtype))
      throw damaged(
        `tensor ${name} has dtype ${JSON.stringify(dtype)}, expected one of ${Object.keys(readers).join(', ')}`,
      );
    if (!isSizes(shape)) throw damaged(`tensor ${name} has no shape`);
    if (!isSizes(offsets) || offsets.length !== 2) throw damaged(`tensor ${name} has no offsets`);
    const [from, to] = offsets as [number, number];
    const {width, read} = readers[dtype];
    if (to - from !== product(shape) * width || start + to > bytes.length) {
      throw damaged(`tensor ${name} [${shape.join(', ')}] does not lie at its offsets ${from} to ${to}`);
    }
    // A copy that starts at 0, as aligned arrays must. (`slice` would not copy: Node's buffers give a view.)
    const copy = new Uint8Array(bytes.subarray(start + from, start + to));
    tensors[name] = {shape, data: read(copy.buffer)};
    ranges.push([from, to]);
  }
  let end = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (from !== end) throw damaged(`the tensors leave a gap or overlap at ${from}`);
    end = to;
  }
  if (start + end !== bytes.length) throw damaged(`the tensors end at ${start + end}`);
  return {tensors, metadata: metadata as Record<string, string>};
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
