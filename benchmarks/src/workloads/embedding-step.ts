import {
  adagradStep,
  embeddingLookup,
  sampledLogits,
  sparseCrossEntropy,
  valueAndGradients,
} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';
import {shareOfTable} from './share-of-table';

interface Sizes {
  vocabulary: number;
  width: number;
  batch: number;
  samples: number;
}

const learningRate = 0.1;

/**
 * The least that training a large embedding takes: rows of two tables are looked up, scored against one another, and changed by
 * Adagrad; the loss is read back. The word2vec exercise, which draws its ids anew and corrects scores, is `skipGramStep`.
 */
export function embeddingStep(name: string, sizes: Sizes): Workload {
  const {vocabulary, width, batch, samples} = sizes;
  return {
    name,
    description: `rows of two tables and Adagrad, V ${vocabulary}, D ${width}, B ${batch}, ${samples} samples`,
    backends: ['wasm', 'cpu'],
    peers: ['pytorch_embedding.py', 'tensorflow_embedding.py'].map((script) => ({script, sizes: {...sizes}})),
    prepare(seed, backend): Contest {
      const stockShare = shareOfTable(backend);
      const ours = tablesOf(vocabulary, width, seed);
      const stock = tablesOf(vocabulary * stockShare, width, seed);
      const accumulators = ours.map(({shape}) => tf.variable(tf.fill(shape, 0.1)));
      const optimizer = tf.train.adagrad(learningRate);
      const ids = [batch, batch, samples].map((count, index) =>
        tf.randomUniformInt([count], 0, vocabulary * stockShare, seed + index),
      ) as tf.Tensor1D[];
      const labels = tf.zeros([batch], 'int32') as tf.Tensor1D;
      return {
        async ours() {
          const {value, gradients} = valueAndGradients(() => {
            const [inputs, targets, samples] = rowsOf(ours, ids, (table, ids) => embeddingLookup({table, ids}));
            return sparseCrossEntropy({logits: sampledLogits({inputs, targets, samples}), labels}) as tf.Scalar;
          }, ours);
          const norm = adagradStep({parameters: ours, gradients, accumulators, learningRate, epsilon: 1e-7});
          await value.data();
          tf.dispose([value, gradients, norm]);
        },
        async stock() {
          const loss = () => {
            const [inputs, targets, samples] = rowsOf(stock, ids, (table, ids) => tf.gather(table, ids));
            const own = tf.sum(tf.mul(inputs, targets), 1, true) as tf.Tensor2D; // [B, 1]
            const logits = tf.concat([own, tf.matMul(inputs, samples, false, true)], 1); // [B, 1 + K]
            const first = tf.cast(tf.oneHot(labels, logits.shape[1]!), 'float32');
            return tf.losses.softmaxCrossEntropy(first, logits) as tf.Scalar;
          };
          const value = optimizer.minimize(loss, true, stock)!;
          await value.data();
          value.dispose();
        },
        stockShare,
        dispose() {
          optimizer.dispose();
          tf.dispose([ours, stock, accumulators, ids, labels]);
        },
      };
    },
  };
}

function tablesOf(vocabulary: number, width: number, seed: number): tf.Variable[] {
  return [0, 1].map((index) => tf.variable(tf.randomUniform([vocabulary, width], -0.1, 0.1, 'float32', seed + index)));
}

/** The rows of the inputs [B, D], of their targets [B, D], and of the samples [K, D]. */
function rowsOf(
  [inputs, outputs]: tf.Tensor[],
  ids: tf.Tensor1D[],
  lookUp: (table: tf.Tensor2D, ids: tf.Tensor1D) => tf.Tensor,
): [inputs: tf.Tensor2D, targets: tf.Tensor2D, samples: tf.Tensor2D] {
  const tables = [inputs, outputs, outputs] as tf.Tensor2D[];
  return tables.map((table, index) => lookUp(table, ids[index]!)) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
}
