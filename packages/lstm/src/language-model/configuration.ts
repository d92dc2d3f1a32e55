import {expectKnownOptions} from '@gatefold/training';
import {type CellKind, gatesOf} from '../recurrent-layer/recurrent-layer';

export interface LanguageModelConfiguration {
  /** V, how many symbols there are; ids run from 0 to V - 1. */
  vocabularySize: number;
  /** The sizes of the recurrent layers, from the input up. */
  hiddenSizes: number[];
  /** The cells of all layers; default `'lstm'`. */
  cell?: CellKind;
  /**
   * D. Where given, ids are looked up in a table `[V, D]` that is learnt with the rest, and the first layer reads the
   * rows. Left out, they are one-hot: the rows of the first layer's kernel.
   */
  embeddingSize?: number;
  /**
   * The part of the values, in [0, 1), that is dropped in training between the embedding and the first layer, between
   * layers, and between the last layer and the output, and never on the way from step to step (Zaremba et al. 2014). A
   * one-hot input is left whole. Default 0.
   */
  dropout?: number;
  /**
   * The part of the candidates, in [0, 1), that is dropped in training within the cells: what a unit would take up at a step,
   * never what it remembers (Semeniuta et al. 2016, arXiv 1603.05118). Default 0.
   */
  recurrentDropout?: number;
  /**
   * P. Where given, every LSTM layer hands on P numbers in place of its H, to the next step and to the next layer (Sak et al.
   * 2014): fewer weights, not less time a step. See `projectedLSTM` of @gatefold/gpu-kernels.
   */
  projectionSize?: number;
  /**
   * Whether the gates and the cell state of every LSTM layer are normalised (Ba et al. 2016, arXiv 1607.06450). No kernel does:
   * it is many times slower, and to train it `@tensorflow/tfjs` must be imported. See `normalizedLSTM` of
   * @gatefold/gpu-kernels. Default false.
   */
  layerNormalization?: boolean;
  /**
   * Whether the output weights are the embedding transposed (Press & Wolf 2017, arXiv 1608.05859); the last layer, or its
   * projection, must be of the embedding's size. Default false.
   */
  tiedEmbedding?: boolean;
  /** Added to the bias of the forget gates: 1 lets a fresh LSTM remember (Jozefowicz et al. 2015). Default 0. */
  forgetBias?: number;
  /** Of the initial weights and of dropout; default 1. */
  seed?: number;
}

/** A configuration with every default filled in; sizes of what the model has not are absent. */
export type FullConfiguration = Required<Omit<LanguageModelConfiguration, 'embeddingSize' | 'projectionSize'>> &
  Pick<LanguageModelConfiguration, 'embeddingSize' | 'projectionSize'>;

const knownOptions: Readonly<Record<keyof LanguageModelConfiguration, true>> = {
  ...{vocabularySize: true, hiddenSizes: true, cell: true, embeddingSize: true, dropout: true, recurrentDropout: true},
  ...{projectionSize: true, layerNormalization: true, tiedEmbedding: true, forgetBias: true, seed: true},
};

/** Fills in the defaults. Throws a RangeError where an option is unknown, out of its range or does not fit another. */
export function fullConfiguration(given: LanguageModelConfiguration): FullConfiguration {
  expectKnownOptions('A LanguageModel', given, knownOptions);
  const {vocabularySize, hiddenSizes, embeddingSize, projectionSize, cell = 'lstm', dropout = 0} = given;
  const {recurrentDropout = 0, layerNormalization = false, tiedEmbedding = false, forgetBias = 0, seed = 1} = given;
  if (hiddenSizes.length === 0) throw new RangeError('hiddenSizes is empty, expected the size of at least one layer.');
  for (const size of [vocabularySize, ...hiddenSizes, embeddingSize ?? 1, projectionSize ?? 1]) {
    if (!(Number.isSafeInteger(size) && size > 0)) {
      throw new RangeError(`A size of the model is ${size}, expected a whole number above 0.`);
    }
  }
  if (!Object.hasOwn(gatesOf, cell)) {
    throw new RangeError(`cell is ${JSON.stringify(cell)}, expected one of ${Object.keys(gatesOf).join(', ')}.`);
  }
  for (const [name, rate] of Object.entries({dropout, recurrentDropout})) {
    if (!(rate >= 0 && rate < 1)) {
      throw new RangeError(`${name} is ${rate}, expected the part to drop, at least 0 and below 1.`);
    }
  }
  if (cell !== 'lstm' && (projectionSize !== undefined || layerNormalization)) {
    const option = layerNormalization ? 'layerNormalization' : 'projectionSize';
    throw new RangeError(`${option} is given with the cell "${cell}", expected "lstm": no other has it.`);
  }
  if (cell === 'separate-gates' && recurrentDropout > 0) {
    throw new RangeError(
      `recurrentDropout is ${recurrentDropout} with the cell "separate-gates", expected "lstm" or "gru".`,
    );
  }
  if (projectionSize !== undefined && layerNormalization) {
    throw new RangeError('projectionSize and layerNormalization are both given, expected one of them.');
  }
  if (!Number.isFinite(forgetBias) || (cell === 'gru' && forgetBias !== 0)) {
    throw new RangeError(
      `forgetBias is ${forgetBias} with the cell "${cell}", expected a finite number with an LSTM: a GRU has no forget gate.`,
    );
  }
  const lastSize = projectionSize ?? hiddenSizes.at(-1);
  if (tiedEmbedding && embeddingSize !== lastSize) {
    throw new RangeError(
      `embeddingSize is ${embeddingSize} and the last layer's size ${lastSize}; tied, they must be equal.`,
    );
  }
  return {
    ...{vocabularySize, hiddenSizes},
    ...(embeddingSize !== undefined && {embeddingSize}),
    ...(projectionSize !== undefined && {projectionSize}),
    ...{cell, dropout, recurrentDropout, layerNormalization, tiedEmbedding, forgetBias, seed},
  };
}

/** Whether layers of this configuration run step by step in plain tfjs operations, because no kernel computes them. */
export function isComposed({cell, layerNormalization}: FullConfiguration): boolean {
  return cell === 'separate-gates' || layerNormalization;
}
