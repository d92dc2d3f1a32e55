import {
  adagradStep,
  embeddingLookup,
  sampledLogits,
  sparseCrossEntropy,
  valueAndGradients,
} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

interface Sizes {
  vocabulary: number;
  width: number;
  batch: number;
  negatives: number;
}

const learningRate = 0.1;

/**
 * One training step of skip-gram with sampled softmax: rows of two tables, the scores of each centre word with its context
 * word and with negatives that the batch shares, cross-entropy, gradient, Adagrad; the loss is read back.
 */
export function skipGramStep(name: string, sizes: Sizes): Workload {
  const {vocabulary, width, batch, negatives} = sizes;
  return {
    name,
    description: `one skip-gram step, V ${vocabulary}, D ${width}, B ${batch}, ${negatives} shared negatives, Adagrad`,
    backends: ['wasm', 'cpu'],
    peers: [{script: 'pytorch_embedding.py', sizes: {...sizes}}],
    prepare(seed, backend): Contest {
      // Stock cpu runs through all rows once for every row of the table: minutes. A hundredth of the table takes a
      // hundredth of that, and the rest of the step next to nothing.
      const stockShare = backend === 'cpu' ? 0.01 : 1;
      const ours = tablesOf(vocabulary, width, seed);
      const stock = tablesOf(vocabulary * stockShare, width, seed);
      const accumulators = ours.map(({shape}) => tf.variable(tf.fill(shape, 0.1)));
      const optimizer = tf.train.adagrad(learningRate);
      const ids = [batch, batch, negatives].map((count, index) =>
        tf.randomUniformInt([count], 0, vocabulary * stockShare, seed + index),
      ) as tf.Tensor1D[];
      const labels = tf.zeros([batch], 'int32') as tf.Tensor1D;
      const first = tf.cast(tf.oneHot(labels, 1 + negatives), 'float32');
      return {
        ours: async () => {
          const {value, gradients} = valueAndGradients(() => {
            const [inputs, targets, samples] = rowsOf(ours, ids, (table, ids) => embeddingLookup({table, ids}));
            const logits = sampledLogits({inputs, targets, samples});
            return sparseCrossEntropy({logits, labels}) as tf.Scalar;
          }, ours);
          const norm = adagradStep({parameters: ours, gradients, accumulators, learningRate, epsilon: 1e-7});
          await value.data();
          tf.dispose([value, gradients, norm]);
        },
        stock: async () => {
          const loss = () => {
            const [inputs, targets, samples] = rowsOf(stock, ids, (table, ids) => tf.gather(table, ids));
            const own = tf.sum(tf.mul(inputs, targets), 1, true) as tf.Tensor2D; // [B, 1]
            const logits = tf.concat([own, tf.matMul(inputs, samples, false, true)], 1); // [B, 1 + K]
            return tf.losses.softmaxCrossEntropy(first, logits) as tf.Scalar;
          };
          const value = optimizer.minimize(loss, true, stock)!;
          await value.data();
          value.dispose();
        },
        stockShare,
        dispose: () => {
          optimizer.dispose();
          tf.dispose([ours, stock, accumulators, ids, labels, first]);
        },
      };
    },
  };
}

function tablesOf(vocabulary: number, width: number, seed: number): tf.Variable[] {
  return [0, 1].map((index) => tf.variable(tf.randomUniform([vocabulary, width], -0.1, 0.1, 'float32', seed + index)));
}

/** The rows of the centre words [B, D], of their context words [B, D], and of the negatives [K, D]. */
function rowsOf(
  tables: readonly tf.Tensor[],
  ids: readonly tf.Tensor1D[],
  lookUp: (table: tf.Tensor2D, ids: tf.Tensor1D) => tf.Tensor,
): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] {
  const [inputs, outputs] = tables as [tf.Tensor2D, tf.Tensor2D];
  const [centres, contexts, negatives] = ids as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  return [lookUp(inputs, centres), lookUp(outputs, contexts), lookUp(outputs, negatives)] as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
}
