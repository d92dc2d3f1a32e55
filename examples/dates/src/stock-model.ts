// The model of tfjs's own example of dates (date-conversion-attention), from tf.layers: embeddings of 64, an LSTM of 64 to
// read and one to write, Luong's attention over all that was read.
import {type Seq2SeqBatch, symbols} from '@gatefold/seq2seq';
import * as tf from '@tensorflow/tfjs';
import {bucket, vocabularies} from './date-pairs';

const size = 64;
const [sourceLength] = bucket;
/** ISO dates are of one length, so that the example's model writes no end symbol. */
const targetLength = bucket[1] - 1;

/** Glorot weights from the seed, orthogonal ones where they recur: tf.layers' own, which are drawn without a seed. */
export class StockModel {
  readonly #model: tf.LayersModel;

  constructor(learningRate: number, seed: number) {
    const seeded = {
      kernelInitializer: tf.initializers.glorotUniform({seed}),
      recurrentInitializer: tf.initializers.orthogonal({seed}),
    };
    const embedded = (input: tf.SymbolicTensor, inputDim: number) =>
      tf.layers
        .embedding({
          ...{inputDim, outputDim: size, maskZero: true},
          embeddingsInitializer: tf.initializers.randomUniform({minval: -0.05, maxval: 0.05, seed}),
        })
        .apply(input) as tf.SymbolicTensor;
    const dense = (units: number, activation: 'tanh' | 'softmax', input: tf.SymbolicTensor) =>
      tf.layers
        .timeDistributed({
          layer: tf.layers.dense({units, activation, kernelInitializer: tf.initializers.glorotUniform({seed})}),
        })
        .apply(input) as tf.SymbolicTensor;

    const source = tf.input({shape: [sourceLength]});
    const written = tf.input({shape: [targetLength]});
    const encoded = tf.layers
      .lstm({units: size, returnSequences: true, ...seeded})
      .apply(embedded(source, vocabularies.source.size)) as tf.SymbolicTensor;
    const last = new LastStep().apply(encoded) as tf.SymbolicTensor;
    const decoded = tf.layers
      .lstm({units: size, returnSequences: true, ...seeded})
      .apply(embedded(written, vocabularies.target.size), {initialState: [last, last]}) as tf.SymbolicTensor;
    const scores = tf.layers.dot({axes: [2, 2]}).apply([decoded, encoded]);
    const weights = tf.layers.activation({activation: 'softmax'}).apply(scores) as tf.SymbolicTensor;
    const context = tf.layers.dot({axes: [2, 1]}).apply([weights, encoded]) as tf.SymbolicTensor;
    const both = tf.layers.concatenate().apply([context, decoded]) as tf.SymbolicTensor;
    const outputs = dense(vocabularies.target.size, 'softmax', dense(size, 'tanh', both));
    this.#model = tf.model({inputs: [source, written], outputs});
    this.#model.compile({loss: 'categoricalCrossentropy', optimizer: tf.train.adam(learningRate)});
  }

  async trainOn(batch: Seq2SeqBatch): Promise<void> {
    const {inputs, labels} = tensorsOf(batch);
    const oneHot = tf.oneHot(labels, vocabularies.target.size);
    await this.#model.trainOnBatch(inputs, oneHot);
    tf.dispose([inputs, labels, oneHot]);
  }

  /** The part of the pairs for which every symbol, given those before it, is the most likely one: what `exactMatch` is of ours. */
  async exactMatch(batch: Seq2SeqBatch): Promise<number> {
    const share = tf.tidy(() => {
      const {inputs, labels} = tensorsOf(batch);
      const predicted = this.#model.predict(inputs, {batchSize: batch.batchSize}) as tf.Tensor3D;
      return tf.mean(tf.cast(tf.all(tf.equal(tf.argMax(predicted, 2), labels), 1), 'float32'));
    });
    const [value] = await share.data();
    share.dispose();
    return value!;
  }
}

/** `[B, T, H]` to its last step, `[B, H]`. With tf.layers' own returnState the encoder would run twice, and then fail. */
class LastStep extends tf.layers.Layer {
  static className = 'LastStep';
  override supportsMasking = true;

  override computeOutputShape([batch, , hidden]: tf.Shape): tf.Shape {
    return [batch!, hidden!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x] = [inputs].flat() as [tf.Tensor3D];
    return tf.tidy(() => tf.squeeze(tf.slice(x, [0, x.shape[1] - 1, 0], [-1, 1, -1]), [1]));
  }
}

/** A batch as tf.layers has it: batch first, `inputs [[B, 12], [B, 10]]` and `labels [B, 10]`. */
function tensorsOf({sources, targets, batchSize}: Seq2SeqBatch): {inputs: tf.Tensor[]; labels: tf.Tensor2D} {
  return tf.tidy(() => {
    const batchFirst = (ids: Int32Array) =>
      tf.transpose(tf.tensor2d(ids, [ids.length / batchSize, batchSize], 'int32'));
    const labels = tf.slice(batchFirst(targets), [0, 0], [batchSize, targetLength]) as tf.Tensor2D;
    const before = tf.slice(labels, [0, 0], [batchSize, targetLength - 1]);
    const written = tf.concat([tf.fill([batchSize, 1], symbols.GO, 'int32'), before], 1);
    return {inputs: [batchFirst(sources), written], labels};
  });
}
