export {type AttentionInputs, type AttentionKind, type AttentionResult, attention} from './attention/attention';
export {
  type AttentionLSTMInputs,
  type AttentionLSTMResult,
  type AttentionLSTMState,
  attentionLSTM,
} from './attention-lstm/attention-lstm';
export {type BackendChoice, type BackendName, type BackendOptions, useBackend} from './backends/use-backend';
export {type DropoutInputs, type DropoutOptions, dropout, dropoutMask} from './dropout/dropout';
export {type EmbeddedInputs, embeddedInputs, type InputsOfLayer} from './embedding/embedded-inputs';
export {type EmbeddingLookupInputs, embeddingLookup} from './embedding/embedding-lookup';
export type {SparseRows} from './embedding/sparse-rows';
export {sumRows, type ValueAndGradients, valueAndGradients} from './embedding/value-and-gradients';
export {BackendError} from './errors/backend-error';
export {IdRangeError} from './errors/id-range-error';
export {ShapeError} from './errors/shape-error';
export {type GRUInputs, type GRUResult, gru} from './gru/gru';
export {type GRUCellInputs, gruCell} from './gru/gru-cell';
export {gruReference} from './gru/reference';
export {registerKernels} from './kernels';
export {type LinearInputs, linear} from './linear/linear';
export {addToForgetGate} from './lstm/forget-bias';
export {type LSTMInputs, type LSTMResult, type LSTMState, lstm} from './lstm/lstm';
export {type LSTMCellInputs, lstmCell} from './lstm/lstm-cell';
export {lstmReference} from './lstm/reference';
export {type NormalizationWeights, type NormalizedLSTMInputs, normalizedLSTM} from './normalized-lstm/normalized-lstm';
export {
  adagradStep,
  adamStep,
  momentumStep,
  type StepInputs,
  sgdStep,
} from './optimizer-step/optimizer-step';
export {type ProjectedLSTMInputs, type ProjectedLSTMResult, projectedLSTM} from './projected-lstm/projected-lstm';
export {reshaped} from './recorded/reshaped';
export {squashed} from './recorded/squashed';
export {transposed} from './recorded/transposed';
export {type SampleCategoricalInputs, sampleCategorical} from './sample-categorical/sample-categorical';
export {
  type LayerWithState,
  type SampleSequenceInputs,
  type SampleSequenceResult,
  type StateOfLayer,
  sampleSequence,
} from './sample-sequence/sample-sequence';
export {type SampledLossInputs, type SampledLossResult, sampledLoss} from './sampled-loss/sampled-loss';
export {type SampledLogitsInputs, sampledLogits} from './sampled-softmax/sampled-logits';
export {asOneStep} from './sequence/as-one-step';
export type {Direction, SequenceInputs} from './sequence/expect-sequence';
export {concatenate, stepsOf} from './sequence/steps';
export {
  type Reduction,
  type SparseCrossEntropyInputs,
  sparseCrossEntropy,
} from './sparse-cross-entropy/sparse-cross-entropy';
export {type TopKInputs, type TopKResult, topK} from './top-k/top-k';
