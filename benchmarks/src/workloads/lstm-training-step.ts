import {embeddedInputs, linear, lstm, sgdStep, sparseCrossEntropy, valueAndGradients} from '@gatefold/gpu-kernels';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

interface Sizes {
  steps: number;
  batch: number;
  hidden: number;
  vocabulary: number;
  /** One by default. */
  layers?: number;
  /** The size of the embedding in front; without it, inputs are one-hot. */
  embedding?: number;
}

const learningRate = 1;
const clipNorm = 1.25;

/** One training step of the exercise's models: forward, loss, gradient, global-norm clip, SGD; the loss is read back. */
export function lstmTrainingStep(name: string, sizes: Sizes): Workload {
  const {steps, batch, hidden, vocabulary, layers = 1, embedding = 0} = sizes;
  const large = layers * steps * hidden ** 2 > 1e7;
  // Stock tfjs takes a minute for a step of the large one: it unrolls a tenth of the steps, and its time grows with them.
  const stockShare = large ? 0.1 : 1;
  return {
    name,
    description:
      `one training step, LSTM ${hidden}${layers > 1 ? ` x ${layers}` : ''}, T ${steps}, B ${batch}, V ${vocabulary}` +
      `${embedding ? ` embedded in ${embedding}` : ''}, SGD with clipping`,
    backends: large ? ['wasm'] : ['wasm', 'cpu'],
    peers: (layers === 1 && !embedding ? ['pytorch_lstm.py', 'tensorflow_lstm.py'] : ['pytorch_lstm.py']).map(
      (script) => ({
        script,
        sizes: {steps, batch, hidden, vocabulary, layers, embedding},
      }),
    ),
    prepare(seed): Contest {
      const drawn = (length: number, by: number) =>
        tf.randomUniformInt([length, batch], 0, vocabulary, seed + by) as tf.Tensor2D;
      const [ids, labels, stockIds, stockLabels] = [
        drawn(steps, 0),
        drawn(steps, 1),
        drawn(steps * stockShare, 0),
        drawn(steps * stockShare, 1),
      ] as const;
      const ours = weights(sizes, seed);
      const stock = weights(sizes, seed);
      return {
        ours: () => ourStep(ours, ids, labels),
        stock: () => stockStep(stock, stockIds, stockLabels, sizes),
        stockShare,
        dispose: () => tf.dispose([ids, labels, stockIds, stockLabels, ours, stock] as tf.TensorContainer),
      };
    },
  };
}

interface Weights {
  table: tf.Variable | undefined;
  layers: Record<'kernel' | 'recurrentKernel' | 'bias', tf.Variable>[];
  output: Record<'kernel' | 'bias', tf.Variable>;
}

function weights({hidden, vocabulary, layers = 1, embedding}: Sizes, seed: number): Weights {
  const normal = (shape: [number, number]) => tf.variable(tf.truncatedNormal(shape, 0, 0.1, 'float32', seed));
  return {
    table: embedding ? normal([vocabulary, embedding]) : undefined,
    layers: Array.from({length: layers}, (_, layer) => ({
      kernel: normal([layer === 0 ? (embedding ?? vocabulary) : hidden, 4 * hidden]),
      recurrentKernel: normal([hidden, 4 * hidden]),
      bias: tf.variable(tf.zeros([4 * hidden])),
    })),
    output: {kernel: normal([hidden, vocabulary]), bias: tf.variable(tf.zeros([vocabulary]))},
  };
}

function listOf({table, layers, output}: Weights): tf.Variable[] {
  return [...(table ? [table] : []), ...[...layers, output].flatMap((part) => Object.values(part))];
}

async function ourStep(weights: Weights, ids: tf.Tensor2D, labels: tf.Tensor2D): Promise<void> {
  const parameters = listOf(weights);
  const {value, gradients} = valueAndGradients(() => {
    const table = weights.table as tf.Tensor2D | undefined;
    let x: tf.Tensor2D | tf.Tensor3D = ids;
    for (const [layer, {recurrentKernel, bias, ...rest}] of weights.layers.entries()) {
      const kernel = rest.kernel as tf.Tensor2D;
      const inputs = table && layer === 0 ? embeddedInputs({table, ids})(kernel) : {x, kernel};
      ({outputs: x} = lstm({
        ...inputs,
        recurrentKernel: recurrentKernel as tf.Tensor2D,
        bias: bias as tf.Tensor1D,
      }));
    }
    const {kernel, bias} = weights.output;
    const logits = linear({x, kernel: kernel as tf.Tensor2D, bias: bias as tf.Tensor1D});
    return sparseCrossEntropy({logits, labels}) as tf.Scalar;
  }, parameters);
  const norm = sgdStep({parameters, gradients, learningRate, clipNorm});
  await value.data();
  tf.dispose([value, gradients, norm]);
}

/** The same step as a tfjs user writes it: one-hot inputs or `gather`, `basicLSTMCell`, `softmaxCrossEntropy`. */
async function stockStep(weights: Weights, ids: tf.Tensor2D, labels: tf.Tensor2D, sizes: Sizes): Promise<void> {
  const {batch, hidden, vocabulary} = sizes;
  const parameters = listOf(weights);
  const {value, grads} = tf.variableGrads(() => {
    const noState = tf.zeros([batch, hidden]) as tf.Tensor2D;
    const kernels = weights.layers.map(
      ({kernel, recurrentKernel}) => tf.concat([kernel, recurrentKernel] as tf.Tensor[], 0) as tf.Tensor2D,
    );
    const states = kernels.map(() => [noState, noState] as [tf.Tensor2D, tf.Tensor2D]);
    const outputs: tf.Tensor2D[] = [];
    for (const step of tf.unstack(ids)) {
      let x = (
        weights.table ? tf.gather(weights.table as tf.Tensor, step as tf.Tensor1D) : oneHot(step, vocabulary)
      ) as tf.Tensor2D;
      kernels.forEach((kernel, layer) => {
        const bias = weights.layers[layer]!.bias as tf.Tensor1D;
        states[layer] = tf.basicLSTMCell(tf.scalar(0), kernel, bias, x, ...states[layer]!);
        x = states[layer]![1];
      });
      outputs.push(x);
    }
    const {kernel, bias} = weights.output;
    const logits = tf.add(tf.matMul(tf.concat(outputs, 0), kernel as tf.Tensor2D), bias as tf.Tensor);
    const targets = oneHot(tf.reshape(labels, [-1]), vocabulary);
    return tf.losses.softmaxCrossEntropy(targets, logits) as tf.Scalar;
  }, parameters);
  tf.tidy(() => {
    const norm = tf.sqrt(tf.addN(parameters.map(({name}) => tf.sum(tf.square(grads[name]!)))));
    const scale = tf.div(clipNorm, tf.maximum(norm, clipNorm));
    for (const parameter of parameters) {
      parameter.assign(tf.sub(parameter, tf.mul(tf.mul(learningRate, scale), grads[parameter.name]!)));
    }
  });
  await value.data();
  tf.dispose([value, grads]);
}

/** Cast, because on wasm `oneHot` itself gives float32 the bits of an integer (docs/upstream). */
function oneHot(ids: tf.Tensor, vocabulary: number): tf.Tensor2D {
  return tf.cast(tf.oneHot(ids as tf.Tensor1D, vocabulary), 'float32') as tf.Tensor2D;
}
