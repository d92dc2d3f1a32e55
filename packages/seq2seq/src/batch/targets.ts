import type {Seq2SeqBatch} from './seq2seq-batch';
import {symbols} from './symbols';

/** What the decoder reads to predict the targets, `[T, B]`: GO, and then each symbol but the last. */
export function decoderInputs({targets, batchSize}: Seq2SeqBatch): Int32Array {
  const inputs = new Int32Array(targets.length);
  inputs.fill(symbols.GO, 0, batchSize);
  inputs.set(targets.subarray(0, targets.length - batchSize), batchSize);
  return inputs;
}

/** Where a batch has symbols rather than padding: their places in `[T, B]`, flattened, and what they are. */
export function realTargets({targets, targetLengths, batchSize}: Seq2SeqBatch): {
  places: Int32Array;
  labels: Int32Array;
} {
  const total = targetLengths.reduce((sum, length) => sum + length, 0);
  const places = new Int32Array(total);
  let count = 0;
  for (let place = 0; place < targets.length; place++) {
    if (Math.floor(place / batchSize) < targetLengths[place % batchSize]!) places[count++] = place;
  }
  return {places, labels: places.map((place) => targets[place]!)};
}
