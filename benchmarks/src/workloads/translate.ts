import {Seq2SeqModel, symbols} from '@gatefold/seq2seq';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';
import {type Seq2SeqSizes, type StockMemory, StockSeq2Seq, type StockState} from './stock-seq2seq';

/**
 * `targetSteps` symbols for each of `batch` sources, the likeliest at every step or the best of a beam. No target ends
 * before, so that both sides write as much.
 *
 * The stock side keeps its states and reads each step's choice back, to know whether all have ended, as tfjs's example
 * date-conversion-attention does. (That one decodes all symbols anew for each one more, which would take it ten times as long.)
 */
export function translate(name: string, sizes: Omit<Seq2SeqSizes, 'batch'>): Workload[] {
  return [
    {width: 1, batch: 1},
    {width: 1, batch: 64},
    {width: 5, batch: 1},
    {width: 5, batch: 64},
  ].map(({width, batch}) => {
    const {sourceSteps, targetSteps, vocabulary, embedding, hidden, layers} = sizes;
    const sized = {...sizes, batch};
    return {
      name: `${name}/${width === 1 ? 'greedy' : `beam-${width}`}/${batch}`,
      description:
        `${batch} targets of ${targetSteps} symbols, T ${sourceSteps}, V ${vocabulary}, embedded in ${embedding}, ` +
        `encoder and decoder ${hidden} with attention, ${width === 1 ? 'greedily' : `by a beam of ${width}`}`,
      backends: ['wasm'],
      ...(width === 1 && {peers: [{script: 'pytorch_seq2seq.py', sizes: {...sized, greedy: 1}}]}),
      prepare(seed): Contest {
        const ids = tf.randomUniformInt([sourceSteps, batch], symbols.UNK + 1, vocabulary, seed) as tf.Tensor2D;
        const rows = tf.transpose(ids).arraySync() as number[][];
        const model = new Seq2SeqModel({
          ...{sourceVocabularySize: vocabulary, embeddingSize: embedding, seed},
          hiddenSizes: Array.from({length: layers}, () => hidden),
        });
        const stock = new StockSeq2Seq(sized, seed);
        for (const bias of [model.parameters['output.bias']!, stock.weights.logits.bias]) neverEnd(bias);
        return {
          async ours() {
            if (width === 1) await model.decodeGreedily(rows, {maxLength: targetSteps});
            else await model.beamSearch(rows, {width, maxLength: targetSteps});
          },
          stock: () => (width === 1 ? stockGreedy(stock, ids, targetSteps) : stockBeam(stock, ids, targetSteps, width)),
          amount: {sentences: batch},
          dispose() {
            for (const each of [model, stock, ids]) each.dispose();
          },
        };
      },
    };
  });
}

function neverEnd(bias: tf.Variable): void {
  const [size] = bias.shape as [number];
  bias.assign(tf.tidy(() => tf.mul(-1e9, tf.oneHot(symbols.EOS, size))));
}

async function stockGreedy(model: StockSeq2Seq, source: tf.Tensor2D, length: number): Promise<void> {
  tf.engine().startScope();
  const {memory, ...encoded} = model.encode(source);
  const kernels = model.decoderKernels();
  let {state} = encoded;
  let ids = tf.fill([source.shape[1]], symbols.GO, 'int32') as tf.Tensor1D;
  for (let count = 0; count < length; count++) {
    const before: tf.TensorContainer = [ids, state.layers, state.context];
    [ids, state] = tf.tidy(() => {
      const {combined, state: next} = model.step(kernels, ids, memory, state);
      return [tf.argMax(model.logits(combined), 1) as tf.Tensor1D, next];
    });
    tf.dispose(before);
    await ids.data();
  }
  tf.engine().endScope();
}

/** `width` rows a source; at every step the best of all their continuations, and what these go on from. */
async function stockBeam(model: StockSeq2Seq, source: tf.Tensor2D, length: number, width: number): Promise<void> {
  const batch = source.shape[1];
  tf.engine().startScope();
  const kernels = model.decoderKernels();
  const rows = Array.from({length: batch * width}, (_, row) => row);
  let {memory, state} = tf.tidy(() =>
    takeRows(
      model.encode(source),
      rows.map((row) => Math.floor(row / width)),
    ),
  );
  let ids = tf.fill([rows.length], symbols.GO, 'int32') as tf.Tensor1D;
  let scores = tf.tensor2d(
    rows.map((row) => (row % width === 0 ? 0 : -1e9)),
    [rows.length, 1],
  ); // at first one goes on
  for (let count = 0; count < length; count++) {
    const before: tf.TensorContainer = [ids, scores, state.layers, state.context];
    const {best, next, vocabulary} = tf.tidy(() => {
      const {combined, state: next} = model.step(kernels, ids, memory, state);
      const totals = tf.add(scores, tf.logSoftmax(model.logits(combined)));
      const vocabulary = totals.shape[1]!;
      return {best: tf.topk(tf.reshape(totals, [batch, width * vocabulary]), width), next, vocabulary};
    });
    const chosen = [...(await best.indices.data())]; // [batch, width], of beam and symbol
    const parents = chosen.map((index, row) => Math.floor(row / width) * width + Math.floor(index / vocabulary));
    ids = tf.tensor1d(
      chosen.map((index) => index % vocabulary),
      'int32',
    );
    state = tf.tidy(() => takeRows(next, parents));
    scores = tf.reshape(best.values, [rows.length, 1]);
    tf.dispose([before, best.indices, best.values, next.layers, next.context]);
  }
  tf.dispose(memory as tf.TensorContainerObject);
  tf.engine().endScope();
}

/** Some rows of every tensor. */
function takeRows<Tensors extends StockState | {memory: StockMemory; state: StockState}>(
  tensors: Tensors,
  rows: number[],
): Tensors {
  const indices = tf.tensor1d(rows, 'int32');
  const take = (part: unknown): unknown => {
    if (part instanceof tf.Tensor) return tf.gather(part, indices);
    if (Array.isArray(part)) return part.map(take);
    return Object.fromEntries(Object.entries(part as object).map(([name, each]) => [name, take(each)]));
  };
  return take(tensors) as Tensors;
}
