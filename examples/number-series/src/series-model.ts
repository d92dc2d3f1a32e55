import {dropout, linear, lstm} from '@gatefold/gpu-kernels';
import {type Checkpoint, storeTensors, type Trainable} from '@gatefold/training';
import {
  mean,
  type Scalar,
  squaredDifference,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor3d,
  tidy,
  truncatedNormal,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type {SeriesBatch} from './series';

export interface SeriesModelOptions {
  hiddenSize: number;
  /** The part of the LSTM's outputs that is dropped in training. */
  dropout: number;
  seed: number;
}

/** An LSTM over real values, and on top of it one number: the next value. Each window is read from a zero state. */
export class SeriesModel implements Trainable<SeriesBatch> {
  readonly parameters: Readonly<
    Record<'kernel' | 'recurrentKernel' | 'bias' | 'outputKernel' | 'outputBias', Variable>
  >;

  constructor(readonly options: SeriesModelOptions) {
    const {hiddenSize, seed} = options;
    const weights = (shape: [number, number], by: number) =>
      tidy(() => variable(truncatedNormal(shape, 0, 0.1, 'float32', seed + by)));
    const biases = (size: number) => tidy(() => variable(zeros([size])));
    this.parameters = {
      kernel: weights([1, 4 * hiddenSize], 0),
      recurrentKernel: weights([hiddenSize, 4 * hiddenSize], 1),
      bias: biases(4 * hiddenSize),
      outputKernel: weights([hiddenSize, 1], 2),
      outputBias: biases(1),
    };
  }

  /** The mean squared error of a batch, with dropout. */
  loss(batch: SeriesBatch, step: number): Scalar {
    return this.#error(batch, (outputs) => dropout({x: outputs, rate: this.options.dropout, seed: step}));
  }

  /** The root of the mean squared error, without dropout. */
  async evaluate(batch: SeriesBatch): Promise<number> {
    const error = this.#error(batch);
    const [value] = await error.data();
    error.dispose();
    return Math.sqrt(value!);
  }

  /** What the model takes for the next value after each, `[T, B, 1]`; the caller disposes of it. */
  predict({inputs, shape}: SeriesBatch, thinned = (outputs: Tensor): Tensor => outputs): Tensor3D {
    const {kernel, recurrentKernel, bias, outputKernel, outputBias} = this.parameters;
    return tidy(() => {
      const {outputs} = lstm({
        x: tensor3d(inputs, shape),
        kernel: kernel as Tensor as Tensor2D,
        recurrentKernel: recurrentKernel as Tensor as Tensor2D,
        bias: bias as Tensor as Tensor1D,
      });
      return linear({
        x: thinned(outputs),
        kernel: outputKernel as Tensor as Tensor2D,
        bias: outputBias as Tensor as Tensor1D,
      }) as Tensor3D;
    });
  }

  #error(batch: SeriesBatch, thinned?: (outputs: Tensor) => Tensor): Scalar {
    return tidy(() => {
      const targets = tensor3d(batch.targets, batch.shape);
      return mean(squaredDifference(this.predict(batch, thinned), targets)) as Scalar;
    });
  }

  async checkpoint(): Promise<Checkpoint> {
    return {
      kind: 'gatefold/example-number-series',
      state: {...this.options},
      tensors: await storeTensors('parameters', this.parameters),
    };
  }

  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
  }
}
