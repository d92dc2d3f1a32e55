/** What the model predicts, and how. Defaults are those of the word2vec papers' widely used programs. */
export interface Word2VecSettings {
  /** `skipGram` (default) predicts the words around one; `cbow` predicts a word from those around it. */
  model?: 'skipGram' | 'cbow';
  /** For `cbow`: the mean (default) or the sum of the context's vectors. */
  contextReduction?: 'mean' | 'sum';
  /** Length of a vector, 100 unless told. */
  dimension?: number;
  /** How many words to either side, 5 unless told; for each centre shrunk at random to 1..window. */
  window?: number;
  loss?: Loss;
  /** Words that make up more than this share of the text are dropped at random; 1e-3 unless told, 0 drops none. */
  subsample?: number;
  /** Passes over the corpus, 5 unless told. */
  epochs?: number;
  /** At the start; falls linearly to `minimumLearningRate`. */
  learningRate?: number;
  minimumLearningRate?: number;
  /** Any integer. The same seed gives the same vectors where one thread trains. */
  seed?: number;
}

/** The names of the settings, for `expectKnownOptions`. */
export const word2VecSettings: Readonly<Record<keyof Word2VecSettings, true>> = {
  ...{model: true, contextReduction: true, dimension: true, window: true, loss: true, subsample: true, epochs: true},
  ...{learningRate: true, minimumLearningRate: true, seed: true},
};

/** What is minimised for each predicted word. */
export type Loss =
  /** Mikolov et al. 2013 (arXiv 1310.4546): the true word against `negativeSamples` (5) drawn from counts^0.75. */
  | {kind: 'negativeSampling'; negativeSamples?: number}
  /** Morin & Bengio 2005: the branches of a Huffman tree. */
  | {kind: 'hierarchicalSoftmax'};
