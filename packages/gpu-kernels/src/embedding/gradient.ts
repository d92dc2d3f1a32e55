import {engine, keep, reshape, type Tensor, type Tensor1D, type Tensor2D} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import {type Recorder, withGradient} from '../backends/with-gradient';
import {embeddingLookupReference} from './reference';
import {scatterRows} from './scatter-rows';

/** Rows that were looked up in a table while its gradient is being taken. */
export interface Lookup {
  table: Tensor;
  /** `[N]` int32, kept until the recording ends. */
  ids: Tensor1D;
  /** `[..., D]`, N rows: a leaf of the tape, whose gradient is that of these rows. */
  rows: Tensor;
}

interface Recording {
  tables: ReadonlySet<Tensor>;
  /** The tape that `lookups` are leaves of: within another gradient, a lookup belongs to that one's. */
  depth: number;
  found: (lookup: Lookup) => void;
}

let current: Recording | undefined;

/** Reports to `recording.found` every lookup in one of its tables while `f` runs. */
export function recordLookups<Result>(recording: Recording, f: () => Result): Result {
  const outer = current;
  current = recording;
  try {
    return f();
  } finally {
    current = outer;
  }
}

/** Looks rows up; records a leaf where somebody asked for it, else a dense gradient. */
export function embeddingLookupWithGradient(table: Tensor2D, ids: Tensor): Tensor {
  const recorder = engine() as unknown as Recorder;
  const lookUp = () =>
    hasKernel('EmbeddingLookup', {}, {table, ids})
      ? (engine().runKernel('EmbeddingLookup', {table, ids}) as Tensor)
      : embeddingLookupReference(table, ids);
  if (current?.tables.has(table) && current.depth === recorder.state.gradientDepth) {
    let flat: Tensor | undefined;
    const forwardFunc = () => {
      const rows = lookUp();
      flat = keep(reshape(ids, [ids.size]));
      return [rows];
    };
    // An operation without inputs: as the tape sees it, the rows come from nowhere.
    const [rows] = recorder.runKernelFunc({forwardFunc, backwardsFunc: () => ({}), inputs: {}});
    current.found({table, ids: flat as Tensor1D, rows: rows!});
    return rows!;
  }
  const [rows] = withGradient({
    inputs: {table: table as Tensor, ids},
    forward: () => ({outputs: [lookUp()], saved: [ids]}),
    backward: ([gradient], [ids]) => ({
      table: () => {
        const [size, width] = table.shape;
        const values = reshape(gradient!, [ids!.size, width]);
        return scatterRows({ids: reshape(ids!, [ids!.size]) as Tensor1D, values}, [size, width]);
      },
    }),
  });
  return rows!;
}
