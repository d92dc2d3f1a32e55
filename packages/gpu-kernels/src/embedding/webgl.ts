// Rows of a table on tfjs-backend-webgl (rows/webgl.ts). How many ids are distinct only the GPU knows, so the sums have as
// many rows as there were ids: where an id comes again stand -1 and zeros.
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {planes, release, reshaped, run, type WebGLBackend} from '../backends/webgl-program';
import {clampedId, concatenateRows, sumEqualRows, tableRow} from '../rows/webgl';

function embeddingLookup({
  inputs: {table, ids},
  backend,
}: {
  inputs: {table: TensorInfo; ids: TensorInfo};
  backend: WebGLBackend;
}): TensorInfo {
  const [size, width] = table.shape as [number, number];
  const shape = [...ids.shape, width];
  const [count, rows] = planes(shape);
  return run(backend, {
    inputs: {table, ids: reshaped(ids, [1, count, rows])},
    shape,
    code: `
      ${clampedId(size)}
      ${tableRow}
      vec4 block(int plane, int row, int column) {
        return vec4(tableRow(idAt(plane, row), column), tableRow(idAt(plane, row + 1), column));
      }`,
  });
}

function sumRows({
  inputs: {ids, values},
  backend,
}: {
  inputs: {ids: TensorInfo[]; values: TensorInfo[]};
  backend: WebGLBackend;
}): TensorInfo[] {
  const [allIds, allValues] = [joined(backend, ids), joined(backend, values)];
  const sums = sumEqualRows(backend, allIds.tensor, allValues.tensor);
  release(backend, ...allIds.made, ...allValues.made);
  return sums;
}

/** As many textures as one program reads. */
const partsInProgram = 16;

/** The parts [N, ...] as one tensor, and what was made for it. */
function joined(backend: WebGLBackend, parts: TensorInfo[]): {tensor: TensorInfo; made: TensorInfo[]} {
  const full = parts.filter(({shape}) => !shape.includes(0));
  if (full.length <= 1) return {tensor: full[0] ?? parts[0]!, made: []};
  const tensor = concatenateRows(backend, full.slice(0, partsInProgram));
  const whole = joined(backend, [tensor, ...full.slice(partsInProgram)]);
  return {tensor: whole.tensor, made: [tensor, ...whole.made]};
}

export const embeddingWebGL = [
  {kernelName: 'EmbeddingLookup', backendName: 'webgl', kernelFunc: embeddingLookup},
  {kernelName: 'SumRows', backendName: 'webgl', kernelFunc: sumRows},
] as unknown as KernelConfig[];
