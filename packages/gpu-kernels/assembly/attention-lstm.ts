// An LSTM that attends at every step and is fed what it found; the equations stand in src/attention-lstm/attention-lstm.ts.
//
// As the LSTM (lstm.ts), with three more things a step: the product of the context before with its kernel, the product
// that makes the queries, and the attention. Backward a step first goes through its attention, because the gradient of its
// context is known only when the step after it is done; that of the query joins that of the hidden state.
//
// Sequences do not meet in the attention either: each thread carries some of the batch through all steps.

import {
  attend, attendBackward, Attended, attended, attendingCost, beginSequences, endSequences, expectGradients, letGo,
} from "./attention";
import { ATTENTION_LSTM_BACKWARD, ATTENTION_LSTM_FORWARD } from "./jobs";
import {
  activateRow, beginBackward, beginForward, differentiateRow, endBackward, endForward, gradientByStates, inputPart,
  LSTMBackward, LSTMForward, sumRows,
} from "./lstm";
import { matrixProduct, packedProduct } from "./matrix-product";
import { at, free, malloc } from "./memory";
import { addRow } from "./rows";
import { chunksOf, rowsPerChunk, share } from "./threads";
import { addProduct, freeWeights, layOut, packTransposed, Weights } from "./weights";

/** As the parameters of `attentionLSTMForward`. */
@unmanaged
export class AttentionLSTMForward extends LSTMForward {
  attended: Attended;
  contextWeights: Weights;
  /** 0 where the hidden state itself asks. */
  queryKernel: usize;
  queryWeights: Weights;
  initialContext: usize;
  queries: usize;
  contexts: usize;
  weights: usize;
}

/** All steps for some rows of the batch. */
export function attentionLSTMForwardRows(job: AttentionLSTMForward, chunk: i32): void {
  const a = job.attended, size = a.size, found = a.width;
  const batch = job.batch, hidden = job.hidden, width = 4 * hidden;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  beginSequences(a, first, rows);
  let hiddenBefore = at(job.initialHidden, first * hidden), cellBefore = at(job.initialCell, first * hidden);
  let contextBefore = at(job.initialContext, first * found);
  for (let step = 0; step < job.steps; step++) {
    const start = step * batch + first;
    const g = at(job.gates, start * width);
    const output = at(job.outputs, start * hidden), cell = at(job.cells, start * hidden);
    inputPart(job, start, rows, g);
    addProduct(job.contextWeights, rows, contextBefore, g);
    addProduct(job.recurrentWeights, rows, hiddenBefore, g);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden;
      activateRow(at(g, row * width), hidden, at(cellBefore, n), at(cell, n), at(output, n), 0, false);
    }
    const query = at(job.queries, start * size), context = at(job.contexts, start * found);
    if (job.queryKernel) {
      memory.fill(query, 0, <usize>rows * <usize>size << 2);
      addProduct(job.queryWeights, rows, output, query);
    }
    for (let row = 0; row < rows; row++) {
      const weights = at(job.weights, (start + row) * a.positions);
      attend(a, first + row, at(query, row * size), at(context, row * found), weights);
    }
    hiddenBefore = output;
    cellBefore = cell;
    contextBefore = context;
  }
}

function costOf(steps: i32, batch: i32, hidden: i32, a: Attended): i64 {
  return <i64>steps * batch * (<i64>hidden * (4 * hidden) + attendingCost(a));
}

/**
 * As `lstmForward` and `attentionForward`.
 * @param queryKernel 0 where the hidden state itself asks; `queries` is then `outputs`.
 * @param queries, contexts, weights filled: [T, B, size], [T, B, found], [T, B, positions].
 */
export function attentionLSTMForward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32, size: i32, positions: i32, found: i32,
  ids: usize, x: usize, kernel: usize, contextKernel: usize, recurrentKernel: usize, bias: usize, queryKernel: usize,
  keys: usize, values: usize, lengths: usize, additive: bool, vector: usize, scale: f32,
  initialHidden: usize, initialCell: usize, initialContext: usize,
  gates: usize, outputs: usize, cells: usize, queries: usize, contexts: usize, weights: usize,
): void {
  const job = changetype<AttentionLSTMForward>(malloc(offsetof<AttentionLSTMForward>()));
  beginForward(
    job, steps, batch, inputSize, hidden, ids, x, kernel, recurrentKernel, bias, initialHidden, initialCell,
    gates, outputs, cells,
  );
  const a = attended(steps, batch, size, positions, found, keys, values, lengths, additive, vector, scale);
  job.attended = a;
  job.contextWeights = layOut(steps, batch, found, 4 * hidden, contextKernel, 4 * hidden);
  job.queryKernel = queryKernel;
  if (queryKernel) job.queryWeights = layOut(steps, batch, hidden, size, queryKernel, size);
  job.initialContext = initialContext;
  job.queries = queries;
  job.contexts = contexts;
  job.weights = weights;
  job.chunkRows = rowsPerChunk(batch, costOf(steps, batch, hidden, a));
  share(ATTENTION_LSTM_FORWARD, changetype<usize>(job), chunksOf(batch, job.chunkRows));
  if (queryKernel) freeWeights(job.queryWeights);
  freeWeights(job.contextWeights);
  letGo(a, 0);
  endForward(job);
}

/** As the parameters of `attentionLSTMBackward`. */
@unmanaged
export class AttentionLSTMBackward extends LSTMBackward {
  attended: Attended;
  /** The transposes of the context's and the query's kernel, packed; 0 without the latter. */
  contextPanels: usize;
  queryPanels: usize;
  queries: usize;
  weights: usize;
  dContexts: usize;
  dWeights: usize;
  dContext: usize;
  /** [T, B, size] */
  dQueries: usize;
}

/** All steps, from the last, for some rows of the batch. */
export function attentionLSTMBackwardRows(job: AttentionLSTMBackward, chunk: i32): void {
  const a = job.attended, size = a.size, found = a.width;
  const batch = job.batch, hidden = job.hidden, width = 4 * hidden;
  const first = chunk * job.chunkRows, rows = min(batch - first, job.chunkRows);
  beginSequences(a, first, rows);
  const dHidden = at(job.dHidden, first * hidden), dCell = at(job.dCell, first * hidden);
  const dContext = at(job.dContext, first * found);
  for (let step = job.steps - 1; step >= 0; step--) {
    const start = step * batch + first;
    const dQuery = at(job.dQueries, start * size);
    addRow(rows * found, at(job.dContexts, start * found), dContext);
    for (let row = 0; row < rows; row++) {
      const n = start + row;
      attendBackward(
        a, first + row, at(job.queries, n * size), at(job.weights, n * a.positions), at(dContext, row * found),
        at(job.dWeights, n * a.positions), at(dQuery, row * size),
      );
    }
    if (job.queryPanels) packedProduct(rows, hidden, size, dQuery, job.queryPanels, dHidden, hidden, true);
    else addRow(rows * hidden, dQuery, dHidden);

    const g = at(job.gates, start * width), cell = at(job.cells, start * hidden);
    const dOutput = at(job.dOutputs, start * hidden);
    const cellBefore = step > 0 ? at(job.cells, (start - batch) * hidden) : at(job.initialCell, first * hidden);
    for (let row = 0; row < rows; row++) {
      const n = row * hidden;
      differentiateRow(
        at(g, row * width), hidden, at(cellBefore, n), at(cell, n), at(dOutput, n), at(dHidden, n), at(dCell, n), 0, false,
      );
    }
    packedProduct(rows, hidden, width, g, job.panels, dHidden, hidden, false);
    packedProduct(rows, found, width, g, job.contextPanels, dContext, found, false);
    // A thread that has the whole batch sums the rows of this step while they are in the cache.
    if (rows == batch) sumRows(job, start, rows, 0, width);
  }
  endSequences(a, first, rows);
}

/**
 * As `lstmBackward` and `attentionBackward`.
 * @param dHidden, dCell, dContext [B, ...]: on entry the gradient of the final state, on return that of the initial state.
 */
export function attentionLSTMBackward(
  steps: i32, batch: i32, inputSize: i32, hidden: i32, size: i32, positions: i32, found: i32,
  ids: usize, x: usize, kernel: usize, contextKernel: usize, recurrentKernel: usize, queryKernel: usize,
  keys: usize, values: usize, lengths: usize, additive: bool, vector: usize, scale: f32,
  initialHidden: usize, initialCell: usize, initialContext: usize,
  gates: usize, outputs: usize, cells: usize, queries: usize, contexts: usize, weights: usize,
  dOutputs: usize, dContexts: usize, dWeights: usize, dHidden: usize, dCell: usize, dContext: usize,
  dX: usize, dKernel: usize, dContextKernel: usize, dRecurrentKernel: usize, dBias: usize, dQueryKernel: usize,
  dKeys: usize, dValues: usize, dVector: usize,
): void {
  const job = changetype<AttentionLSTMBackward>(malloc(offsetof<AttentionLSTMBackward>()));
  beginBackward(
    job, steps, batch, inputSize, hidden, ids, recurrentKernel, initialCell, gates, cells, dOutputs, dHidden, dCell,
    dKernel, dBias,
  );
  const a = attended(steps, batch, size, positions, found, keys, values, lengths, additive, vector, scale);
  expectGradients(a, dKeys, dValues);
  job.attended = a;
  job.contextPanels = packTransposed(found, 4 * hidden, contextKernel);
  job.queryPanels = queryKernel ? packTransposed(hidden, size, queryKernel) : 0;
  job.queries = queries;
  job.weights = weights;
  job.dContexts = dContexts;
  job.dWeights = dWeights;
  job.dContext = dContext;
  job.dQueries = malloc(<usize>steps * <usize>batch * <usize>size << 2);
  job.chunkRows = rowsPerChunk(batch, costOf(steps, batch, hidden, a));
  share(ATTENTION_LSTM_BACKWARD, changetype<usize>(job), chunksOf(batch, job.chunkRows));
  gradientByStates(job, found, initialContext, contexts, dContextKernel);
  if (queryKernel) {
    matrixProduct(hidden, size, steps * batch, outputs, true, job.dQueries, false, dQueryKernel, false);
    free(job.queryPanels);
  }
  free(job.dQueries);
  free(job.contextPanels);
  letGo(a, dVector);
  endBackward(job, inputSize, x, kernel, initialHidden, outputs, dX, dRecurrentKernel);
}
