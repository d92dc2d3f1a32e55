import {type Seq2SeqBatches, Seq2SeqModel, symbols} from '@gatefold/seq2seq';
import * as tf from '@tensorflow/tfjs';
import type {Contest, Workload} from '../workload';

interface Sizes {
  sourceSteps: number;
  targetSteps: number;
  batch: number;
  vocabulary: number;
  embedding: number;
  hidden: number;
  layers: number;
}

const learningRate = 1;
const clipNorm = 5;

/**
 * One training step of `Seq2SeqModel`, encoder and decoder with additive attention and input feeding: forward, loss,
 * gradient, global-norm clip, SGD; the loss is read back.
 */
export function seq2seqTrainingStep(name: string, sizes: Sizes): Workload {
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
      const stock = weights(sizes, seed);
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
        stock: () => step(stock, stockGradients(stock, pairs, sizes)),
        dispose() {
          training.dispose();
          model.dispose();
          tf.dispose([pairs, stock] as unknown as tf.TensorContainer);
        },
      };
    },
  };
}

/** The same batch again and again, its targets with EOS at their end. */
function batchesOf({source, labels}: Pairs, {sourceSteps, targetSteps, batch}: Sizes): Seq2SeqBatches {
  const targets = Int32Array.from(labels.dataSync());
  targets.fill(symbols.EOS, (targetSteps - 1) * batch);
  const given = {
    ...{sources: Int32Array.from(source.dataSync()), targets, batchSize: batch},
    ...{sourceLengths: new Int32Array(batch).fill(sourceSteps), sourceLength: sourceSteps},
    ...{targetLengths: new Int32Array(batch).fill(targetSteps), targetLength: targetSteps},
  };
  return {next: () => given, state: () => ({}), restore: () => {}};
}

type Matrix = 'kernel' | 'recurrentKernel';
type Layer = Record<Matrix | 'bias', tf.Variable>;
type Linear = Record<'kernel' | 'bias', tf.Variable>;

interface Weights {
  sourceTable: tf.Variable;
  targetTable: tf.Variable;
  encoder: Layer[];
  keys: Linear;
  bottom: Layer & Record<'contextKernel' | 'queryKernel' | 'scoreVector', tf.Variable>;
  /** These and the output are given the context beside the layer below. */
  upper: Layer[];
  output: Linear;
  logits: Linear;
}

interface Pairs {
  source: tf.Tensor2D;
  target: tf.Tensor2D;
  labels: tf.Tensor2D;
}

interface Gradients {
  value: tf.Scalar;
  gradients: tf.Tensor[];
}

function weights({vocabulary, embedding, hidden, layers}: Sizes, seed: number): Weights {
  const normal = (shape: number[]) => tf.variable(tf.truncatedNormal(shape, 0, 0.1, 'float32', seed));
  const layer = (inputSize: number): Layer => ({
    kernel: normal([inputSize, 4 * hidden]),
    recurrentKernel: normal([hidden, 4 * hidden]),
    bias: tf.variable(tf.zeros([4 * hidden])),
  });
  const affine = (inputs: number, outputs: number): Linear => ({
    kernel: normal([inputs, outputs]),
    bias: tf.variable(tf.zeros([outputs])),
  });
  const stack = (count: number, inputSize: number) =>
    Array.from({length: count}, (_, index) => layer(index === 0 ? inputSize : hidden));
  return {
    ...{sourceTable: normal([vocabulary, embedding]), targetTable: normal([vocabulary, embedding])},
    encoder: stack(layers, embedding),
    keys: affine(hidden, hidden),
    bottom: {
      ...layer(embedding),
      ...{contextKernel: normal([hidden, 4 * hidden]), queryKernel: normal([hidden, hidden])},
      scoreVector: normal([hidden]),
    },
    upper: Array.from({length: layers - 1}, () => layer(2 * hidden)),
    output: affine(2 * hidden, hidden),
    logits: affine(hidden, vocabulary),
  };
}

function listOf({sourceTable, targetTable, encoder, keys, bottom, upper, output, logits}: Weights): tf.Variable[] {
  const parts = [...encoder, keys, bottom, ...upper, output, logits];
  return [sourceTable, targetTable, ...parts.flatMap((part) => Object.values(part))];
}

async function step(weights: Weights, {value, gradients}: Gradients): Promise<void> {
  stockUpdate(listOf(weights), gradients);
  await value.data();
  tf.dispose([value, gradients] as tf.TensorContainer);
}

/** The same step as a tfjs user writes it: `gather`, `basicLSTMCell`, attention from tfjs operations, batch first. */
function stockGradients(weights: Weights, {source, target, labels}: Pairs, sizes: Sizes): Gradients {
  const {batch, hidden, vocabulary} = sizes;
  const parameters = listOf(weights);
  const tensor = (variable: tf.Variable) => variable as tf.Tensor as tf.Tensor2D;
  const affine = (x: tf.Tensor, {kernel, bias}: Linear) =>
    tf.add(tf.matMul(x as tf.Tensor2D, tensor(kernel)), tensor(bias));
  const {value, grads} = tf.variableGrads(() => {
    const noState = tf.zeros([batch, hidden]) as tf.Tensor2D;
    const stack = (layers: Layer[], states: [tf.Tensor2D, tf.Tensor2D][]) => {
      const kernels = layers.map(({kernel, recurrentKernel}) =>
        tf.concat([tensor(kernel), tensor(recurrentKernel)], 0),
      );
      return (input: tf.Tensor2D) => {
        let x = input;
        kernels.forEach((kernel, index) => {
          const bias = layers[index]!.bias as tf.Tensor as tf.Tensor1D;
          states[index] = tf.basicLSTMCell(tf.scalar(0), kernel as tf.Tensor2D, bias, x, ...states[index]!);
          x = states[index]![1];
        });
        return x;
      };
    };
    const steps = (table: tf.Variable, ids: tf.Tensor2D) =>
      tf.unstack(ids).map((step) => tf.gather(tensor(table), step as tf.Tensor1D) as tf.Tensor2D);

    const states = weights.encoder.map((): [tf.Tensor2D, tf.Tensor2D] => [noState, noState]);
    const encode = stack(weights.encoder, states);
    const values = tf.stack(steps(weights.sourceTable, source).map(encode), 1) as tf.Tensor3D; // [B, S, H]
    const rows = tf.reshape(values, [-1, hidden]);
    const keys = tf.reshape(affine(rows, weights.keys), values.shape);

    const {contextKernel, queryKernel, scoreVector, ...layer} = weights.bottom;
    const fed = {...layer, kernel: tf.concat([tensor(layer.kernel), tensor(contextKernel)], 0)} as unknown as Layer;
    const bottom = stack([fed], states.slice(0, 1));
    const upper = weights.upper.map((each, index) => stack([each], states.slice(index + 1, index + 2)));
    let context = noState;
    const combined = steps(weights.targetTable, target).map((input) => {
      const asking = bottom(tf.concat([input, context], 1));
      const query = tf.expandDims(tf.matMul(asking, tensor(queryKernel)), 1);
      const scores = tf.sum(tf.mul(tf.tanh(tf.add(keys, query)), tensor(scoreVector)), 2); // [B, S]
      const found = tf.matMul(tf.expandDims(tf.softmax(scores), 1) as tf.Tensor3D, values); // [B, 1, H]
      context = tf.reshape(found, [batch, hidden]);
      const withContext = (below: tf.Tensor2D) => tf.concat([below, context], 1);
      return withContext(upper.reduce((below, layer) => layer(withContext(below)), asking));
    });
    const outputs = tf.tanh(affine(tf.concat(combined, 0), weights.output));
    const targets = tf.cast(tf.oneHot(tf.reshape(labels, [-1]) as tf.Tensor1D, vocabulary), 'float32');
    return tf.losses.softmaxCrossEntropy(targets, affine(outputs, weights.logits)) as tf.Scalar;
  }, parameters);
  return {value, gradients: parameters.map(({name}) => grads[name]!)};
}

function stockUpdate(parameters: tf.Variable[], gradients: tf.Tensor[]): void {
  tf.tidy(() => {
    const norm = tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient)))));
    const rate = tf.mul(learningRate, tf.div(clipNorm, tf.maximum(norm, clipNorm)));
    parameters.forEach((parameter, index) => {
      parameter.assign(tf.sub(parameter, tf.mul(rate, gradients[index]!)));
    });
  });
}
