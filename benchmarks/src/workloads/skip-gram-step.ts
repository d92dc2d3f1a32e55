import {SkipGramBatches} from '@gatefold/text8-data';
import {exerciseTraining} from '@gatefold/word2vec';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';
import {shareOfTable} from './share-of-table';

interface Sizes {
  vocabulary: number;
  width: number;
  batch: number;
  samples: number;
}

/** Of the classic exercise. */
const learningRate = 1;
const textLength = 1_000_000;

/**
 * One training step of the classic exercise, in full: the next batch of a text whose words are as frequent as Zipf has it,
 * freshly sampled words, sampled softmax with biases and both corrections, gradient, Adagrad; the loss is read back.
 */
export function skipGramStep(name: string, sizes: Sizes): Workload {
  const {vocabulary, width, batch, samples} = sizes;
  return {
    name,
    description: `a step of the word2vec exercise, V ${vocabulary}, D ${width}, B ${batch}, ${samples} sampled, Adagrad`,
    backends: ['wasm', 'cpu'],
    peers: [{script: 'pytorch_skip_gram.py', sizes: {...sizes}}],
    prepare(seed, backend): Contest {
      const stockShare = shareOfTable(backend);
      const stock = new StockExercise({...sizes, vocabulary: vocabulary * stockShare}, seed);
      const text = logUniformIds(textLength, vocabulary, seed);
      const counts = Float64Array.from({length: vocabulary}, (_, id) => Math.ceil(textLength / (id + 1)));
      const corpus = {
        vocabulary: {words: Array.from(counts, (_, id) => `w${id}`), counts},
        length: text.length,
        rawLength: text.length,
        read: () => 0, // the batches read the text
      };
      const batches = new SkipGramBatches(text, {batchSize: batch, seed});
      const training = exerciseTraining(corpus, batches, {steps: 1e9, seed, reportEvery: 1});
      const events = training.run();
      return {
        ours: async () => {
          for (let event = await events.next(); event.value?.kind !== 'progress'; ) event = await events.next();
        },
        stock: () => stock.step(),
        stockShare,
        dispose: async () => {
          await events.return();
          training.dispose();
          stock.dispose();
        },
      };
    },
  };
}

/** The same with plain tfjs operations and its own optimizer. */
class StockExercise {
  readonly #sizes: Sizes;
  readonly #batches: SkipGramBatches;
  readonly #draws: Int32Array;
  readonly #variables: [embeddings: tf.Variable, weights: tf.Variable, biases: tf.Variable];
  readonly #optimizer = tf.train.adagrad(learningRate);
  #next = 0;

  constructor(sizes: Sizes, seed: number) {
    const {vocabulary, width, batch} = sizes;
    this.#sizes = sizes;
    this.#batches = new SkipGramBatches(logUniformIds(textLength, vocabulary, seed), {batchSize: batch, seed});
    this.#draws = logUniformIds(textLength, vocabulary, seed + 1);
    this.#variables = tf.tidy(() => [
      tf.variable(tf.randomUniform([vocabulary, width], -1, 1, 'float32', seed)),
      tf.variable(tf.truncatedNormal([vocabulary, width], 0, 1 / Math.sqrt(width), 'float32', seed)),
      tf.variable(tf.zeros([vocabulary])),
    ]);
  }

  async step(): Promise<void> {
    const {vocabulary, batch} = this.#sizes;
    const [embeddings, weights, biases] = this.#variables;
    const {inputs, targets} = this.#batches.next();
    const {ids, draws} = this.#sample();
    const logCounts = (words: Int32Array) =>
      Float32Array.from(words, (id) => {
        const probability = Math.log1p(1 / (id + 1)) / Math.log(vocabulary + 1);
        return Math.log(-Math.expm1(draws * Math.log1p(-probability)));
      });
    const value = this.#optimizer.minimize(
      () => {
        const [right, samples] = [tf.tensor1d(targets, 'int32'), tf.tensor1d(ids, 'int32')];
        const x = tf.gather(embeddings, tf.tensor1d(inputs, 'int32')); // [B, D]
        const offset = (words: tf.Tensor1D, counts: Float32Array) => tf.sub(tf.gather(biases, words), counts);
        const own = tf.add(tf.sum(tf.mul(x, tf.gather(weights, right)), 1), offset(right, logCounts(targets)));
        const others = tf.add(tf.matMul(x, tf.gather(weights, samples), false, true), offset(samples, logCounts(ids)));
        const hits = tf.equal(tf.expandDims(right, 1), tf.expandDims(samples, 0));
        const logits = tf.concat([tf.expandDims(own, 1), tf.sub(others, tf.mul(tf.cast(hits, 'float32'), 1e9))], 1);
        const first = tf.oneHot(tf.zeros([batch], 'int32'), logits.shape[1]!);
        return tf.losses.softmaxCrossEntropy(tf.cast(first, 'float32'), logits) as tf.Scalar;
      },
      true,
      this.#variables,
    )!;
    await value.data();
    value.dispose();
  }

  /** Distinct words, and how many draws they took. */
  #sample(): {ids: Int32Array; draws: number} {
    const found = new Set<number>();
    let draws = 0;
    for (; found.size < this.#sizes.samples; draws++) found.add(this.#draws[this.#next++ % this.#draws.length]!);
    return {ids: Int32Array.from(found), draws};
  }

  dispose(): void {
    this.#optimizer.dispose();
    tf.dispose(this.#variables);
  }
}

/** Ids drawn so that the n-th is about as frequent as the n-th word of a language. */
function logUniformIds(count: number, vocabulary: number, seed: number): Int32Array {
  const shares = tf.tidy(() => tf.randomUniform([count], 0, 1, 'float32', seed).arraySync() as number[]);
  return Int32Array.from(shares, (share) => Math.min(vocabulary - 1, Math.floor((vocabulary + 1) ** share) - 1));
}
