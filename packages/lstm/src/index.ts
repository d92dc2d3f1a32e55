export {fuseGates, separateGates} from './cell/convert-gates';
export {type FusedGates, FusedGatesCell} from './cell/fused-gates-cell';
export type {LSTMCell} from './cell/lstm-cell';
export {type GateWeights, type SeparateGates, SeparateGatesCell} from './cell/separate-gates-cell';
export type {GenerateOptions} from './language-model/generate';
export {
  type FitOptions,
  LanguageModel,
  type LanguageModelBatch,
  type LanguageModelBatches,
  type LanguageModelConfiguration,
} from './language-model/language-model';
