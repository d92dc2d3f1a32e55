import type {WordVectors} from '../word-vectors/word-vectors';
import {float32ToText} from './float32-to-text';
import {expectWritable} from './word2vec-binary';

/** The pair of files that the TensorFlow Embedding Projector (projector.tensorflow.org) loads. */
export interface ProjectorFiles {
  /** `vectors.tsv`: a vector a line, values separated by tabs. */
  vectors: string;
  /** `metadata.tsv`: a word a line. */
  metadata: string;
}

/** @throws WordVectorsError for a word that would break a line. */
export function toProjector({words, values, dimension}: WordVectors): ProjectorFiles {
  const lines = words.map((_, word) =>
    Array.from(values.subarray(word * dimension, (word + 1) * dimension), float32ToText).join('\t'),
  );
  return {vectors: `${lines.join('\n')}\n`, metadata: `${words.map(expectWritable).join('\n')}\n`};
}
