export type {BeamSearchOptions, Hypothesis} from './beam-search/beam-search';
export {fuseGates, separateGates} from './cell/convert-gates';
export {type FusedGates, FusedGatesCell} from './cell/fused-gates-cell';
export type {LSTMCell} from './cell/lstm-cell';
export {type GateWeights, type SeparateGates, SeparateGatesCell} from './cell/separate-gates-cell';
export type {FullConfiguration, LanguageModelConfiguration} from './language-model/configuration';
export type {EvaluateOptions, LanguageModelEvaluation} from './language-model/evaluate';
export type {GenerateOptions} from './language-model/generate';
export type {GenerateManyOptions} from './language-model/generate-many';
export {
  type FitOptions,
  type ForwardOptions,
  LanguageModel,
  type LanguageModelBatch,
  type LanguageModelBatches,
} from './language-model/language-model';
export type {CellKind, RecurrentState} from './recurrent-layer/recurrent-layer';
export type {SamplingOptions} from './sampling/sampling-options';
export {
  type GRUDirection,
  type GRULayerState,
  type GRULayerWeights,
  type StackedGRUInputs,
  type StackedGRUResult,
  stackedGRU,
} from './stacked-layers/stacked-gru';
export {
  type LSTMDirection,
  type LSTMLayerState,
  type LSTMLayerWeights,
  type StackedLSTMInputs,
  type StackedLSTMResult,
  stackedLSTM,
} from './stacked-layers/stacked-lstm';
export {type BasicCellWeights, lstmFromBasicCell, lstmToBasicCell} from './weights/basic-cell';
export {type RecurrentWeights, recurrentFromKeras, recurrentToKeras} from './weights/keras';
export {lstmFromPyTorch, lstmToPyTorch} from './weights/pytorch';
