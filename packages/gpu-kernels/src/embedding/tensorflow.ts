// Rows of a table on tfjs-node: TensorFlow's GatherV2, and for the gradient its Unique and UnsortedSegmentSum. The table
// stays a value in TensorFlow's memory, which the optimizer steps change in place.
import type {KernelConfig, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {int, type TensorflowBackend, type, withOps} from '../backends/tensorflow-op';
import {expectIds} from '../rows/cpu';

function embeddingLookup({
  inputs: {table, ids},
  backend,
}: {
  inputs: {table: TensorInfo; ids: TensorInfo};
  backend: TensorflowBackend;
}): Tensor {
  const [rows] = withOps(backend, (ops) => {
    expectIds('embeddingLookup: ids', ops.read(ids) as Int32Array, table.shape[0]!);
    return [ops.run('GatherV2', [table, ids, ops.constant('int32', [0])])];
  });
  return rows!;
}

function sumRows({
  inputs,
  backend,
}: {
  inputs: {ids: TensorInfo[]; values: TensorInfo[]};
  backend: TensorflowBackend;
}): Tensor[] {
  return withOps(backend, (ops) => {
    const joined = (parts: TensorInfo[], dtype: 'int32' | 'float32') =>
      parts.length === 1
        ? parts[0]!
        : ops.run('ConcatV2', [...parts, ops.constant('int32', [0])], {N: int(parts.length), T: type(dtype)});
    const [ids, values] = [joined(inputs.ids, 'int32'), joined(inputs.values, 'float32')];
    const [sumIds, places] = ops.runMany('Unique', [ids], {}, 2);
    const count = ops.constant('int32', [sumIds!.shape[0]!]);
    return [sumIds!, ops.run('UnsortedSegmentSum', [values, places!, count])];
  });
}

export const embeddingTensorflow = [
  {kernelName: 'EmbeddingLookup', backendName: 'tensorflow', kernelFunc: embeddingLookup},
  {kernelName: 'SumRows', backendName: 'tensorflow', kernelFunc: sumRows},
] as unknown as KernelConfig[];
