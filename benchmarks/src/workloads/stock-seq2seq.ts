import * as tf from '@tensorflow/tfjs';

export interface Seq2SeqSizes {
  sourceSteps: number;
  targetSteps: number;
  batch: number;
  vocabulary: number;
  embedding: number;
  hidden: number;
  layers: number;
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

/** What is read of the sources, batch first. */
export type StockMemory = {
  /** `[B, S, H]` */
  keys: tf.Tensor3D;
  /** `[B, S, H]` */
  values: tf.Tensor3D;
};

/** What goes from step to step. */
export type StockState = {
  /** Cell and hidden state of each layer, `[B, H]`. */
  layers: [tf.Tensor2D, tf.Tensor2D][];
  /** `[B, H]` */
  context: tf.Tensor2D;
};

/** `Seq2SeqModel` as a tfjs user writes it: `gather`, `basicLSTMCell`, attention from tfjs operations, step by step. */
export class StockSeq2Seq {
  readonly weights: Weights;
  readonly #sizes: Seq2SeqSizes;

  constructor(sizes: Seq2SeqSizes, seed: number) {
    this.#sizes = sizes;
    this.weights = initialWeights(sizes, seed);
  }

  get parameters(): tf.Variable[] {
    const {sourceTable, targetTable, encoder, keys, bottom, upper, output, logits} = this.weights;
    const parts = [...encoder, keys, bottom, ...upper, output, logits];
    return [sourceTable, targetTable, ...parts.flatMap((part) => Object.values(part))];
  }

  /** Reads sources, `[S, B]`. */
  encode(source: tf.Tensor2D): {memory: StockMemory; state: StockState} {
    const {weights} = this;
    const {hidden} = this.#sizes;
    const noState = tf.zeros([source.shape[1], hidden]) as tf.Tensor2D;
    const kernels = weights.encoder.map(({kernel, recurrentKernel}) => oneKernel(kernel, recurrentKernel));
    const layers = kernels.map((): [tf.Tensor2D, tf.Tensor2D] => [noState, noState]);
    const outputs = tf.unstack(source).map((ids) => {
      let x = lookUp(weights.sourceTable, ids as tf.Tensor1D);
      kernels.forEach((kernel, index) => {
        layers[index] = cell(kernel, weights.encoder[index]!, x, layers[index]!);
        x = layers[index]![1];
      });
      return x;
    });
    const values = tf.stack(outputs, 1) as tf.Tensor3D;
    const keys = tf.reshape(affine(tf.reshape(values, [-1, hidden]), weights.keys), values.shape) as tf.Tensor3D;
    return {memory: {keys, values}, state: {layers, context: noState}};
  }

  /** The kernels of the decoder as its cells take them; made once for all steps. */
  decoderKernels(): tf.Tensor2D[] {
    const {bottom, upper} = this.weights;
    return [
      oneKernel(bottom.kernel, bottom.contextKernel, bottom.recurrentKernel),
      ...upper.map(({kernel, recurrentKernel}) => oneKernel(kernel, recurrentKernel)),
    ];
  }

  /** One step of the decoder: the top layer's output beside what was found, `[B, 2H]`. */
  step(
    kernels: tf.Tensor2D[],
    ids: tf.Tensor1D,
    {keys, values}: StockMemory,
    before: StockState,
  ): {combined: tf.Tensor2D; state: StockState} {
    const {bottom, upper, targetTable} = this.weights;
    const fed = tf.concat2d([lookUp(targetTable, ids), before.context], 1);
    const layers = [cell(kernels[0]!, bottom, fed, before.layers[0]!)];
    const query = tf.expandDims(tf.matMul(layers[0]![1], tensor(bottom.queryKernel)), 1);
    const scores = tf.sum(tf.mul(tf.tanh(tf.add(keys, query)), tensor(bottom.scoreVector)), 2); // [B, S]
    const found = tf.matMul(tf.expandDims(tf.softmax(scores), 1) as tf.Tensor3D, values); // [B, 1, H]
    const context = tf.reshape(found, before.context.shape) as tf.Tensor2D;
    const withContext = (below: tf.Tensor2D) => tf.concat2d([below, context], 1);
    upper.forEach((layer, index) => {
      const below = withContext(layers[index]![1]);
      layers.push(cell(kernels[index + 1]!, layer, below, before.layers[index + 1]!));
    });
    return {combined: withContext(layers.at(-1)![1]), state: {layers, context}};
  }

  /** `[N, V]` of `[N, 2H]`. */
  logits(combined: tf.Tensor2D): tf.Tensor2D {
    return affine(tf.tanh(affine(combined, this.weights.output)), this.weights.logits);
  }

  dispose(): void {
    tf.dispose(this.parameters);
  }
}

function initialWeights({vocabulary, embedding, hidden, layers}: Seq2SeqSizes, seed: number): Weights {
  const normal = (shape: number[]) => tf.variable(tf.truncatedNormal(shape, 0, 0.1, 'float32', seed));
  const layer = (inputSize: number): Layer => ({
    kernel: normal([inputSize, 4 * hidden]),
    recurrentKernel: normal([hidden, 4 * hidden]),
    bias: tf.variable(tf.zeros([4 * hidden])),
  });
  const linear = (inputs: number, outputs: number): Linear => ({
    kernel: normal([inputs, outputs]),
    bias: tf.variable(tf.zeros([outputs])),
  });
  return {
    ...{sourceTable: normal([vocabulary, embedding]), targetTable: normal([vocabulary, embedding])},
    encoder: Array.from({length: layers}, (_, index) => layer(index === 0 ? embedding : hidden)),
    keys: linear(hidden, hidden),
    bottom: {
      ...layer(embedding),
      ...{contextKernel: normal([hidden, 4 * hidden]), queryKernel: normal([hidden, hidden])},
      scoreVector: normal([hidden]),
    },
    upper: Array.from({length: layers - 1}, () => layer(2 * hidden)),
    output: linear(2 * hidden, hidden),
    logits: linear(hidden, vocabulary),
  };
}

function tensor(variable: tf.Variable): tf.Tensor2D {
  return variable as tf.Tensor as tf.Tensor2D;
}

function affine(x: tf.Tensor, {kernel, bias}: Linear): tf.Tensor2D {
  return tf.add(tf.matMul(x as tf.Tensor2D, tensor(kernel)), tensor(bias));
}

function lookUp(table: tf.Variable, ids: tf.Tensor1D): tf.Tensor2D {
  return tf.gather(tensor(table), ids);
}

/** `basicLSTMCell` takes one kernel for all that is read. */
function oneKernel(...kernels: tf.Variable[]): tf.Tensor2D {
  return tf.concat2d(kernels.map(tensor), 0);
}

function cell(
  kernel: tf.Tensor2D,
  {bias}: Layer,
  x: tf.Tensor2D,
  [c, h]: [tf.Tensor2D, tf.Tensor2D],
): [tf.Tensor2D, tf.Tensor2D] {
  return tf.basicLSTMCell(tf.scalar(0), kernel, bias as tf.Tensor as tf.Tensor1D, x, c, h);
}
