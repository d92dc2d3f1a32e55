// Every kind of job that threads can share: a number, because they have nothing but memory in common.

import { Attention, attentionBackwardRows, attentionForwardRows } from "./attention";
import {
  AttentionLSTMBackward, attentionLSTMBackwardRows, AttentionLSTMForward, attentionLSTMForwardRows,
} from "./attention-lstm";
import { GRUBackward, gruBackwardRows, GRUForward, gruForwardRows } from "./gru";
import { LSTMBackward, lstmBackwardRows, LSTMForward, lstmForwardRows, lstmForwardUnits, sumGateGradients } from "./lstm";
import { Product, productColumns, productRows, Transposition, transposeRows } from "./matrix-product";
import { fillBands, ThinProduct, thinProductColumns } from "./thin-product";

export const LSTM_FORWARD: i32 = 0;
export const LSTM_BACKWARD: i32 = 1;
export const GATE_GRADIENTS: i32 = 2;
export const PRODUCT_COLUMNS: i32 = 3;
export const PRODUCT_ROWS: i32 = 4;
export const TRANSPOSITION: i32 = 5;
export const GRU_FORWARD: i32 = 6;
export const GRU_BACKWARD: i32 = 7;
export const ATTENTION_FORWARD: i32 = 8;
export const ATTENTION_BACKWARD: i32 = 9;
export const ATTENTION_LSTM_FORWARD: i32 = 10;
export const ATTENTION_LSTM_BACKWARD: i32 = 11;
export const BANDS: i32 = 12;
export const THIN_COLUMNS: i32 = 13;
export const LSTM_UNITS: i32 = 14;

/** Does one chunk of a job on the thread numbered `thread`. Must not allocate. */
export function runChunk(kind: i32, job: usize, chunk: i32, thread: i32): void {
  switch (kind) {
    case LSTM_FORWARD: return lstmForwardRows(changetype<LSTMForward>(job), chunk);
    case LSTM_UNITS: return lstmForwardUnits(changetype<LSTMForward>(job), chunk);
    case LSTM_BACKWARD: return lstmBackwardRows(changetype<LSTMBackward>(job), chunk);
    case GATE_GRADIENTS: return sumGateGradients(changetype<LSTMBackward>(job), chunk);
    case PRODUCT_COLUMNS: return productColumns(changetype<Product>(job), chunk, thread);
    case PRODUCT_ROWS: return productRows(changetype<Product>(job), chunk);
    case GRU_FORWARD: return gruForwardRows(changetype<GRUForward>(job), chunk);
    case GRU_BACKWARD: return gruBackwardRows(changetype<GRUBackward>(job), chunk);
    case ATTENTION_FORWARD: return attentionForwardRows(changetype<Attention>(job), chunk);
    case ATTENTION_BACKWARD: return attentionBackwardRows(changetype<Attention>(job), chunk);
    case ATTENTION_LSTM_FORWARD: return attentionLSTMForwardRows(changetype<AttentionLSTMForward>(job), chunk);
    case ATTENTION_LSTM_BACKWARD: return attentionLSTMBackwardRows(changetype<AttentionLSTMBackward>(job), chunk);
    case BANDS: return fillBands(changetype<ThinProduct>(job), chunk);
    case THIN_COLUMNS: return thinProductColumns(changetype<ThinProduct>(job), chunk);
    case TRANSPOSITION: return transposeRows(changetype<Transposition>(job), chunk);
  }
}
