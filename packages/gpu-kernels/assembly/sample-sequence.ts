// A language model that writes: an id is drawn, looked up, carried through the layers to the logits of the next, drawn from,
// and so on, without leaving this module. Weights are packed once for all steps.

import { lookUpRows } from "./embedding";
import { freeGRU, GRUForward, gruJob, runGRU } from "./gru";
import { keyOf } from "./hash";
import { beginForward, endForward, LSTMForward, runForward } from "./lstm";
import { packedBytes, packedProduct, packMatrix } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { fillRows } from "./rows";
import { drawingBytes, drawRows } from "./sample-categorical";

/** One of the layers, as `src/sample-sequence/wasm.ts` writes it. */
@unmanaged
class Layer {
  inputSize: i32;
  hidden: i32;
  kernel: usize;
  recurrentKernel: usize;
  bias: usize;
  /** [B, hidden], moved on in place; a GRU has no cell. */
  hiddenState: usize;
  cellState: usize;
  /** Of this module: the layer's job. */
  job: usize;
}

@inline
function layerAt(layers: usize, index: i32): Layer {
  return changetype<Layer>(layers + <usize>index * offsetof<Layer>());
}

/**
 * A job of one step at a time. A GRU's state stays where it is, for a step reads all of it before it writes; so does a cell,
 * unit by unit. The units of a hidden state are not read and written by the same thread: it goes from one place to another.
 */
function prepare(layer: Layer, steps: i32, batch: i32, ids: usize, gates: usize, isGRU: bool): void {
  if (isGRU) {
    const job = gruJob(steps, batch, layer.inputSize, layer.hidden, ids, layer.kernel, layer.recurrentKernel, layer.bias);
    job.steps = 1;
    job.gates = gates;
    job.initialHidden = job.outputs = layer.hiddenState;
    layer.job = changetype<usize>(job);
  } else {
    const job = changetype<LSTMForward>(malloc(offsetof<LSTMForward>())), c = layer.cellState;
    const other = malloc((<usize>batch * <usize>layer.hidden) << 2);
    beginForward(
      job, steps, batch, layer.inputSize, layer.hidden, ids, 0, layer.kernel, layer.recurrentKernel, layer.bias,
      layer.hiddenState, c, gates, other, c,
    );
    job.steps = 1;
    layer.job = changetype<usize>(job);
  }
}

/** Gives the place of the new hidden state. */
@inline
function run(layer: Layer, ids: usize, x: usize, isGRU: bool): usize {
  if (isGRU) {
    const job = changetype<GRUForward>(layer.job);
    job.ids = ids;
    job.x = x;
    runGRU(job);
    return layer.hiddenState;
  } else {
    const job = changetype<LSTMForward>(layer.job);
    job.ids = ids;
    job.x = x;
    runForward(job);
    const output = job.outputs;
    job.outputs = job.initialHidden;
    job.initialHidden = output;
    return output;
  }
}

function end(layer: Layer, batch: i32, isGRU: bool): void {
  if (isGRU) return freeGRU(changetype<GRUForward>(layer.job));
  const job = changetype<LSTMForward>(layer.job), last = job.initialHidden, own = layer.hiddenState;
  if (last != own) memory.copy(own, last, (<usize>batch * <usize>layer.hidden) << 2);
  free(last == own ? job.outputs : last);
  endForward(job);
}

/**
 * @param layers `count` of them; their states are moved on.
 * @param table [classes, width], or 0 where the first layer reads ids.
 * @param ids [B], the last of each stream, not yet read.
 * @param seed of the first step; each step's is one higher.
 * @param drawn filled: [T, B].
 * @returns the first row of the batch whose logits have no finite largest value, or -1.
 */
export function sampleSequence(
  steps: i32, batch: i32, classes: i32, count: i32, isGRU: bool, layers: usize, table: usize, width: i32,
  outputKernel: usize, outputBias: usize, ids: usize,
  seed: i32, temperature: f32, topK: i32, topP: f64, drawn: usize,
): i32 {
  let widest = 0;
  for (let index = 0; index < count; index++) widest = max(widest, layerAt(layers, index).hidden);
  const hidden = layerAt(layers, count - 1).hidden;
  const gates = malloc((<usize>batch * 4 * <usize>widest) << 2);
  const rows: usize = table ? malloc((<usize>batch * <usize>width) << 2) : 0;
  const logits = malloc((<usize>batch * <usize>classes) << 2);
  const scratch = malloc(drawingBytes(classes, topK));
  const panels = malloc(packedBytes(classes, hidden));
  packMatrix(hidden, classes, outputKernel, classes, 1, panels);
  for (let index = 0; index < count; index++) {
    prepare(layerAt(layers, index), steps, batch, index == 0 && !table ? ids : 0, gates, isGRU);
  }
  let bad = -1;
  for (let step = 0; step < steps && bad < 0; step++) {
    if (table) lookUpRows(batch, width, table, ids, rows);
    let x = rows;
    for (let index = 0; index < count; index++) {
      const layer = layerAt(layers, index);
      x = run(layer, index == 0 && !table ? ids : 0, x, isGRU);
    }
    fillRows(batch, classes, outputBias, logits);
    packedProduct(batch, classes, hidden, x, panels, logits, classes, true);
    const next = at(drawn, step * batch);
    bad = drawRows(batch, classes, logits, keyOf(seed + step), temperature, topK, topP, scratch, next);
    ids = next;
  }
  for (let index = 0; index < count; index++) end(layerAt(layers, index), batch, isGRU);
  free(panels);
  free(scratch);
  free(logits);
  if (rows) free(rows);
  free(gates);
  return bad;
}
