import {
  getBackend,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import {linear} from '../linear/linear';
import {embeddingLookup} from './embedding-lookup';

export interface EmbeddedInputs {
  /** `[V, D]` float32, one row for each symbol. */
  table: Tensor2D;
  /** `[T, B]` int32, ids in `[0, V)`. */
  ids: Tensor2D;
  /** `[D, W]` float32: the kernel of the recurrent layer that reads the rows, `W` its hidden size times its gates. */
  kernel: Tensor2D;
}

/**
 * Embedded symbols for `lstm`, `gru` or `attentionLSTM`: what to give one as `x` and `kernel`.
 *
 * A symbol that stands at many places of a batch goes through the kernel only once: the layer then reads ids, and its kernel is the
 * product of the rows of the table with the kernel. On cpu and wasm those are the rows of the symbols that there are;
 * elsewhere, where ids cannot be looked at without waiting, all rows of a table that is no longer than the batch has
 * places. Where little would be saved, `x` are the rows that were looked up, `[T, B, D]`. Differentiable in `table` and `kernel`.
 *
 * @throws ShapeError and IdRangeError as `embeddingLookup` does, or the layer.
 * @example const {outputs} = lstm({...embeddedInputs({table, ids, kernel}), recurrentKernel, bias});
 *
 * Cost: of 640 places of 27 x 27 bigrams drawn evenly 430 are of different symbols, of text some 200; so much less is
 * multiplied, forward, for the gradient of the kernel and for that of the table.
 */
export function embeddedInputs({table, ids, kernel}: EmbeddedInputs): {x: Tensor2D | Tensor3D; kernel: Tensor2D} {
  const [symbols] = table.shape;
  const through = (rows: Tensor2D) => linear({x: rows, kernel, bias: zeros([kernel.shape[1]]) as Tensor1D}) as Tensor2D;
  const found = ids.dtype === 'int32' && hostBackends.includes(getBackend()) ? distinct(ids, symbols) : undefined;
  const count = found?.rows.length ?? symbols;
  if (count > worthwhile * ids.size) return {x: embeddingLookup({table, ids}) as Tensor3D, kernel};
  // The whole table saves looking rows up, and adding up their gradients.
  if (!found || symbols * worthwhile < count) return {x: ids, kernel: tidy(() => through(table))};
  const {rows, places} = found;
  return {
    x: tensor2d(places, ids.shape, 'int32'),
    kernel: tidy(() => through(embeddingLookup({table, ids: tensor1d(rows, 'int32')}) as Tensor2D)),
  };
}

/** Those whose tensors lie in main memory. */
const hostBackends = ['cpu', 'wasm'];

/** The share of the rows up to which multiplying fewer is worth finding out which. */
const worthwhile = 0.9;

/** The ids that there are, and where among them each place finds its own; nothing where one is out of range. */
function distinct(ids: Tensor2D, symbols: number): {rows: Int32Array; places: Int32Array} | undefined {
  const given = ids.dataSync<'int32'>();
  const place = new Int32Array(symbols).fill(-1);
  const places = new Int32Array(given.length);
  const rows = new Int32Array(Math.min(symbols, given.length));
  let count = 0;
  for (let index = 0; index < given.length; index++) {
    const id = given[index]!;
    if (id < 0 || id >= symbols) return undefined;
    if (place[id]! < 0) {
      place[id] = count;
      rows[count++] = id;
    }
    places[index] = place[id]!;
  }
  return {rows: rows.subarray(0, count), places};
}
