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
}

/** What a recurrent layer is given as `x` and `kernel`. */
export interface InputsOfLayer {
  x: Tensor2D | Tensor3D;
  kernel: Tensor2D;
}

/**
 * Embedded symbols for `lstm`, `gru` or `attentionLSTM`: what to give one as `x` and `kernel`.
 *
 * A symbol that stands at many places of a batch need go through the kernel only once: the layer then reads ids, and its kernel
 * is the product of rows of the table with the kernel. Those are all rows where the table has no more of them than the
 * batch has places; of a longer table, on cpu and wasm, those of the symbols that there are. Otherwise `x` are the rows that were
 * looked up, `[T, B, D]`; as they are on tensorflow, webgpu and webgl for every longer table, where rows of another number
 * in every batch would cost more than they save. Differentiable in `table` and `kernel`. Whether the table's gradient is dense or
 * of the rows that were looked up follows from the shapes alone.
 *
 * @returns what makes of a layer's kernel `[D, W]` what the layer is given; `x` may be `ids`, and `kernel` the layer's own.
 * @throws ShapeError and IdRangeError as `embeddingLookup` does, or the layer.
 * @example const {outputs} = lstm({...embeddedInputs({table, ids})(kernel), recurrentKernel, bias});
 *
 * Cost: of 640 places of 27 x 27 bigrams drawn evenly 430 are of different symbols, of text some 200; so much less is
 * multiplied, forward, for the gradient of the kernel and for that of the table.
 */
export function embeddedInputs({table, ids}: EmbeddedInputs): (kernel: Tensor2D) => InputsOfLayer {
  const times = (rows: Tensor2D, kernel: Tensor2D) =>
    tidy(() => linear({x: rows, kernel, bias: zeros([kernel.shape[1]]) as Tensor1D}) as Tensor2D);
  if (table.shape[0] <= ids.size) return (kernel) => ({x: ids, kernel: times(table, kernel)});
  const isSearched = ids.dtype === 'int32' && ids.size >= fewestPlaces && hostBackends.includes(getBackend());
  const found = isSearched && distinct(ids, table.shape[0]);
  if (!found || found.rows.length >= worthwhile * ids.size) {
    return (kernel) => ({x: embeddingLookup({table, ids}) as Tensor3D, kernel});
  }
  const {rows, places} = found;
  return (kernel) =>
    tidy(() => {
      const used = embeddingLookup({table, ids: tensor1d(rows, 'int32')}) as Tensor2D;
      return {x: tensor2d(places, ids.shape, 'int32'), kernel: times(used, kernel)};
    });
}

/** Those whose tensors lie in main memory. */
const hostBackends = ['cpu', 'wasm'];

/** Below so many places, as where text is written symbol by symbol, a product of its own costs more than it saves. */
const fewestPlaces = 64;

/** The share of the places up to which multiplying fewer rows is worth that. */
const worthwhile = 0.9;

/** The ids that there are, and where among them each place finds its own; nothing where one is out of range. */
function distinct(ids: Tensor2D, symbols: number): {rows: number[]; places: Int32Array} | undefined {
  const place = new Map<number, number>(); // not an array of all symbols, of which there may be many
  const given = ids.dataSync<'int32'>();
  if (given.some((id) => id < 0 || id >= symbols)) return undefined;
  const places = given.map((id) => {
    const known = place.get(id) ?? place.size;
    place.set(id, known);
    return known;
  });
  return {rows: [...place.keys()], places};
}
