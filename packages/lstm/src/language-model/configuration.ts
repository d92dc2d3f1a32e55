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
   * Whether the output weights are the embedding transposed (Press & Wolf 2017, arXiv 1608.05859); the last layer must be
   * of the embedding's size. Default false.
   */
  tiedEmbedding?: boolean;
  /** Added to the bias of the forget gates: 1 lets a fresh LSTM remember (Jozefowicz et al. 2015). Default 0. */
  forgetBias?: number;
  /** Of the initial weights and of dropout; default 1. */
  seed?: number;
}

/** A configuration with every default filled in; without an embedding, `embeddingSize` is absent. */
export type FullConfiguration = Required<Omit<LanguageModelConfiguration, 'embeddingSize'>> &
  Pick<LanguageModelConfiguration, 'embeddingSize'>;

/** Fills in the defaults. Throws a RangeError where a value is out of its range or does not fit another. */
export function fullConfiguration(given: LanguageModelConfiguration): FullConfiguration {
  const {vocabularySize, hiddenSizes, embeddingSize, cell = 'lstm', dropout = 0} = given;
  const {tiedEmbedding = false, forgetBias = 0, seed = 1} = given;
  if (hiddenSizes.length === 0) throw new RangeError('hiddenSizes is empty, expected the size of at least one layer.');
  for (const size of [vocabularySize, ...hiddenSizes, embeddingSize ?? 1]) {
    if (!(Number.isSafeInteger(size) && size > 0)) {
      throw new RangeError(`A size of the model is ${size}, expected a whole number above 0.`);
    }
  }
  if (!Object.hasOwn(gatesOf, cell)) {
    throw new RangeError(`cell is ${JSON.stringify(cell)}, expected one of ${Object.keys(gatesOf).join(', ')}.`);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new RangeError(`dropout is ${dropout}, expected the part to drop, at least 0 and below 1.`);
  }
  if (!Number.isFinite(forgetBias) || (cell === 'gru' && forgetBias !== 0)) {
    throw new RangeError(
      `forgetBias is ${forgetBias} with the cell "${cell}", expected a finite number with an LSTM: a GRU has no forget gate.`,
    );
  }
  if (tiedEmbedding && embeddingSize !== hiddenSizes.at(-1)) {
    throw new RangeError(
      `embeddingSize is ${embeddingSize} and the last layer's size ${hiddenSizes.at(-1)}; tied, they must be equal.`,
    );
  }
  const rest = {cell, dropout, tiedEmbedding, forgetBias, seed};
  return {vocabularySize, hiddenSizes, ...(embeddingSize !== undefined && {embeddingSize}), ...rest};
}
