import {type Seq2SeqBatches, Seq2SeqModel, symbols} from '@gatefold/seq2seq';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';
import {type Seq2SeqSizes, StockSeq2Seq} from './stock-seq2seq';

interface Pairs {
  source: tf.Tensor2D;
  target: tf.Tensor2D;
  labels: tf.Tensor2D;
}

const learningRate = 1;
const clipNorm = 5;

/**
 * One training step of `Seq2SeqModel`, encoder and decoder with additive attention and input feeding: forward, loss,
 * gradient, global-norm clip, SGD; the loss is read back.
 */
export function seq2seqTrainingStep(name: string, sizes: Seq2SeqSizes): Workload {
  const {sourceSteps, targetSteps, batch, vocabulary, embedding, hidden, layers} = sizes;
  return {
    name,
    description:
      `one training step, encoder and decoder ${hidden}${layers > 1 ? ` x ${layers}` : ''} with attention, ` +
      `T ${sourceSteps} to ${targetSteps}, B ${batch}, V ${vocabulary}, embedded in ${embedding}`,
    backends: ['wasm', 'tensorflow'],
    peers: [{script: 'pytorch_seq2seq.py', sizes: {...sizes}}],
    prepare(seed): Contest {
      const drawn = (length: number, by: number) =>
        tf.randomUniformInt([length, batch], symbols.UNK + 1, vocabulary, seed + by) as tf.Tensor2D;
      const [source, target, labels] = [drawn(sourceSteps, 0), drawn(targetSteps, 1), drawn(targetSteps, 2)] as const;
      const pairs = {source, target, labels};
      const stock = new StockSeq2Seq(sizes, seed);
      const model = new Seq2SeqModel({
        ...{sourceVocabularySize: vocabulary, embeddingSize: embedding, seed},
        hiddenSizes: Array.from({length: layers}, () => hidden),
      });
      const forever = 1e9;
      const training = model.fit(batchesOf(pairs, sizes), {
        ...{steps: forever, reportEvery: forever, clipNorm},
        optimizer: {kind: 'sgd', learningRate},
      });
      const events = training[Symbol.asyncIterator]();
      return {
        async ours() {
          for (;;) {
            const {value, done} = await events.next();
            if (done || value.kind === 'step') return;
          }
        },
        stock: () => stockStep(stock, pairs, vocabulary),
        dispose() {
          training.dispose();
          model.dispose();
          stock.dispose();
          tf.dispose([source, target, labels]);
        },
      };
    },
  };
}

/** The same batch again and again, its targets with EOS at their end. */
function batchesOf({source, labels}: Pairs, {sourceSteps, targetSteps, batch}: Seq2SeqSizes): Seq2SeqBatches {
  const targets = Int32Array.from(labels.dataSync());
  targets.fill(symbols.EOS, (targetSteps - 1) * batch);
  const given = {
    ...{sources: Int32Array.from(source.dataSync()), targets, batchSize: batch},
    ...{sourceLengths: new Int32Array(batch).fill(sourceSteps), sourceLength: sourceSteps},
    ...{targetLengths: new Int32Array(batch).fill(targetSteps), targetLength: targetSteps},
  };
  return {next: () => given, state: () => ({}), restore: () => {}};
}

async function stockStep(model: StockSeq2Seq, {source, target, labels}: Pairs, vocabulary: number): Promise<void> {
  const {parameters} = model;
  const {value, grads} = tf.variableGrads(() => {
    const {memory, ...encoded} = model.encode(source);
    let {state} = encoded;
    const kernels = model.decoderKernels();
    const steps = tf.unstack(target).map((ids) => {
      const {combined, state: next} = model.step(kernels, ids as tf.Tensor1D, memory, state);
      state = next;
      return combined;
    });
    const targets = tf.cast(tf.oneHot(tf.reshape(labels, [-1]) as tf.Tensor1D, vocabulary), 'float32');
    return tf.losses.softmaxCrossEntropy(targets, model.logits(tf.concat(steps, 0))) as tf.Scalar;
  }, parameters);
  tf.tidy(() => {
    const gradients = parameters.map(({name}) => grads[name]!);
    const norm = tf.sqrt(tf.sum(tf.stack(gradients.map((gradient) => tf.sum(tf.square(gradient))))));
    const rate = tf.mul(learningRate, tf.div(clipNorm, tf.maximum(norm, clipNorm)));
    parameters.forEach((parameter, index) => {
      parameter.assign(tf.sub(parameter, tf.mul(rate, gradients[index]!)));
    });
  });
  await value.data();
  tf.dispose([value, grads]);
}
