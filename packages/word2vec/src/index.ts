export {WordVectorsError} from './errors/word-vectors-error';
export {type AnalogyResult, type AnalogyScore, evaluateAnalogies} from './evaluation/evaluate-analogies';
export {evaluateSimilarity, type SimilarityResult} from './evaluation/evaluate-similarity';
export {type ProjectorFiles, toProjector} from './files/projector';
export {readVectors, type VectorsFileOptions, type VectorsFormat, writeVectors} from './files/read-and-write';
export {decodeVectorsSafetensors, encodeVectorsSafetensors} from './files/safetensors';
export {decodeWord2VecBinary, encodeWord2VecBinary} from './files/word2vec-binary';
export {decodeWord2VecText, encodeWord2VecText} from './files/word2vec-text';
export {type MapPoint, type WordMapOptions, wordMap} from './map/word-map';
export {type WordMapPageOptions, wordMapPage} from './map/word-map-page';
export {type WordMapSvgOptions, wordMapSVG} from './map/word-map-svg';
export {type ExerciseOptions, exerciseTraining} from './minibatch/exercise-training';
export type {
  MinibatchLoss,
  MinibatchOptimizer,
  MinibatchOptions,
  MinibatchSettings,
  NeighboursOptions,
  WordBatches,
} from './minibatch/minibatch-settings';
export {MinibatchTraining} from './minibatch/minibatch-training';
export type {ParallelOptions} from './parallel/parallel-settings';
export {ParallelTraining} from './parallel/parallel-training';
export type {CountedWords, WordCorpus} from './training/word-corpus';
export type {Loss, Word2VecSettings} from './training/word2vec-settings';
export type {Word2VecEvent, Word2VecTraining} from './training/word2vec-training';
export {type MostSimilarOptions, type Neighbour, type Query, WordVectors} from './word-vectors/word-vectors';
