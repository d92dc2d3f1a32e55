import type {TensorInfo} from '@tensorflow/tfjs-core';

export interface SegmentSumCall<Backend> {
  inputs: {x: TensorInfo; segmentIds: TensorInfo};
  attrs: {numSegments: number};
  backend: Backend;
}

/** Whether `segmentIds [N]` names the segment of each row of `x [N, ...]`, of numbers: what our kernels are for. */
export function isRowWise({inputs: {x, segmentIds}}: SegmentSumCall<unknown>): boolean {
  const numeric = x.dtype === 'float32' || x.dtype === 'int32';
  return numeric && segmentIds.shape.length === 1 && x.shape.length > 0 && segmentIds.shape[0] === x.shape[0];
}

/** The number of values in a row of `x [N, ...]`. */
export function rowWidth({shape}: TensorInfo): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

/** sums[ids[n]] += values[n], row by row; an id that is no segment's drops its row. */
export function addRowsToSegments<Values extends Float32Array | Int32Array>(
  values: Values,
  ids: Int32Array,
  width: number,
  sums: Values,
): void {
  const segments = width && sums.length / width;
  ids.forEach((id, row) => {
    if (id < 0 || id >= segments) return;
    for (let at = id * width, end = at + width, source = row * width; at < end; at++) sums[at]! += values[source++]!;
  });
}
