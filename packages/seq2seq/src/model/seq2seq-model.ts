import {linear, sparseCrossEntropy, transposed} from '@gatefold/gpu-kernels';
import {
  type Checkpoint,
  expectKnownOptions,
  modelCheckpoint,
  restoreModel,
  Training,
  type TrainingOptions,
  trainingOptions,
} from '@gatefold/training';
import {
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor1d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import {mersenne} from 'pure-rand/generator/mersenne';
import type {Seq2SeqBatch, Seq2SeqBatches} from '../batch/seq2seq-batch';
import type {AttendingState} from '../decoder/attending-layer';
import {type Decoding, decode} from '../decoder/decode';
import {type BeamSearchOptions, beamSearch, type Hypothesis} from '../decoding/beam-search';
import type {Decoded, DecodingOptions} from '../decoding/decoding-options';
import {decodeGreedily, type SampleOptions, sample} from '../decoding/write-targets';
import {type Encoded, encode} from '../encoder/encode';
import {type EvaluateOptions, evaluate, type Seq2SeqEvaluation} from '../evaluation/evaluate';
import {expectObjective, type Objective, probabilityAt} from '../loss/objective';
import {sampledSoftmax} from '../loss/sampled-softmax';
import {smoothed} from '../loss/smoothed';
import {type FullConfiguration, fullConfiguration, type Seq2SeqConfiguration} from './configuration';
import {embeddingNames, initialParameters} from './initial-parameters';
import {matrixOf, vectorOf} from './layer-weights';
import {realFeatures} from './real-features';
import {thinning} from './thinning';

export type FitOptions = Omit<TrainingOptions<Seq2SeqEvaluation>, 'validate'> &
  Objective & {
    /** Held-out pairs, evaluated at every report. */
    validation?: Iterable<Seq2SeqBatch>;
  };

const {validate: _, ...ofTraining} = trainingOptions; // it is made of `validation`
const fitOptions: Readonly<Record<keyof FitOptions, true>> = {
  ...ofTraining,
  ...{validation: true, labelSmoothing: true, sampledSoftmax: true, scheduledSampling: true},
};

export interface ForwardOptions {
  /** A 32-bit integer that says which values dropout drops. Left out, as in evaluation and decoding, nothing is dropped. */
  dropoutSeed?: number;
}

/** The kind of a model's checkpoint. */
const kind = 'gatefold/seq2seq';

/**
 * Sequence to sequence: an encoder reads the source, and a decoder writes the target symbol by symbol, looking at every
 * step at the places of the source that matter (attention).
 *
 * The bottom layer of the decoder attends, and is fed at the next step what it has found; layers above it and the output
 * get the same contexts (Wu et al. 2016). The features of a symbol are `tanh(combination of the top layer and the
 * context)` (Luong et al. 2015), its logits their products with the rows of `output.table`.
 *
 * Weights start as truncated normal numbers of deviation 0.1, or 1/√rows where that is smaller; embeddings as uniform
 * ones in [-1, 1); biases as zeros.
 *
 * @example
 * const model = new Seq2SeqModel({sourceVocabularySize: 31, embeddingSize: 64, hiddenSizes: [128]});
 * for await (const event of model.fit(batches, {steps: 4000, optimizer: {kind: 'adam', learningRate: 0.002}, clipNorm: 5})) {
 *   if (event.kind === 'report') console.log(event.step, event.loss);
 * }
 * const [{ids}] = await model.decodeGreedily([vocabulary.encode('the quick brown fox')]);
 *
 * Source: Sutskever et al. 2014 (arXiv 1409.3215); Bahdanau et al. 2015 (arXiv 1409.0473); Luong et al. 2015 (arXiv
 * 1508.04025); Wu et al. 2016 (arXiv 1609.08144).
 */
export class Seq2SeqModel {
  readonly configuration: FullConfiguration;
  /**
   * `source.embedding [V, D]` and `target.embedding`, or `embedding` where they are tied; for every layer
   * `encoder.lstm<n>.kernel`, `.recurrentKernel` and `.bias`, or `encoder.gru<n>...`, and `.backward...` where it is
   * bidirectional; `bridge<n>.hidden.kernel` and `.bias`, and of `.cell`, where sizes differ; `attention.keyKernel` and for
   * additive attention `.keyBias`, `.queryKernel` and `.scoreVector`; `decoder.lstm<n>...`, the first with `.contextKernel`;
   * `combination.kernel` and `.bias` where there is attention; `output.table [V, O]` unless it is tied, and `output.bias`.
   * The biases of LSTMs lack `forgetBias`, which is added as the model runs.
   */
  readonly parameters: Readonly<Record<string, Variable>>;

  /** @throws RangeError where an option is unknown, out of its range, or does not fit another. */
  constructor(configuration: Seq2SeqConfiguration) {
    this.configuration = fullConfiguration(configuration);
    this.parameters = initialParameters(this.configuration);
  }

  /**
   * The model of a checkpoint, whether of the model alone or of a training; of the latter nothing but the model is kept.
   *
   * @throws CheckpointError where the checkpoint is of something else, or its tensors do not fit its configuration.
   */
  static fromCheckpoint(checkpoint: Checkpoint): Seq2SeqModel {
    return restoreModel(kind, checkpoint, (configuration: FullConfiguration) => new Seq2SeqModel(configuration));
  }

  /** The model's configuration and parameters. */
  checkpoint(): Promise<Checkpoint> {
    return modelCheckpoint(kind, this);
  }

  /**
   * Trains on batches of pairs, of whatever sizes. Iterate over the result to make it go; it can be checkpointed whenever
   * it stands still, and resumed to the same numbers, bit for bit. Its loss is the mean a symbol, padding left out.
   *
   * @throws RangeError where an option is unknown or out of its range.
   *
   * While it runs it throws a RangeError or an IdRangeError at a batch that has an empty side, an id that is not in its
   * vocabulary, or a target that does not end with EOS.
   */
  fit(batches: Seq2SeqBatches, given: FitOptions): Training<Seq2SeqBatch, Seq2SeqEvaluation> {
    expectKnownOptions('fit', given, fitOptions);
    const {validation, labelSmoothing, sampledSoftmax: sampled, scheduledSampling, ...options} = given;
    const objective = {labelSmoothing, sampledSoftmax: sampled, scheduledSampling};
    expectObjective(objective, this.configuration);
    return new Training(
      {
        parameters: this.parameters,
        loss: (batch, step) => this.#loss(batch, step, objective),
        checkpoint: () => this.checkpoint(),
      },
      batches,
      {...options, ...(validation && {validate: () => this.evaluate(validation)})},
    );
  }

  /** The mean loss of a batch in nats a symbol, as `fit` was asked for it. */
  #loss(batch: Seq2SeqBatch, step: number, objective: Objective): Scalar {
    const {labelSmoothing: smoothing = 0, sampledSoftmax: sampled} = objective;
    const seed = (Math.imul(this.configuration.seed, 0x9e3779b1) + step) | 0;
    const mixing = {probability: probabilityAt(objective, step), generator: mersenne(~seed)}; // not the draws of samples
    const {features, labels} = realFeatures(this, batch, {dropoutSeed: seed}, mixing);
    if (sampled) {
      const table = matrixOf(this.parameters, embeddingNames(this.configuration).output);
      const bias = vectorOf(this.parameters, 'output.bias');
      return sampledSoftmax({features, table, bias, labels, samples: sampled.samples, generator: mersenne(seed)});
    }
    const of = {logits: this.logits(features) as Tensor2D, labels: tensor1d(labels, 'int32')};
    const loss = sparseCrossEntropy(of) as Scalar;
    return smoothing === 0 ? loss : smoothed({loss, ...of, smoothing});
  }

  /**
   * Predicts every target symbol of a batch from those before it; padding is left out.
   *
   * @returns `logits [N, V]` and `labels [N]`, by step and then by pair; the caller disposes of them.
   * @throws RangeError, IdRangeError as `fit` does.
   */
  predict(batch: Seq2SeqBatch, options: ForwardOptions = {}): {logits: Tensor2D; labels: Tensor1D} {
    return tidy(() => {
      const {features, labels} = realFeatures(this, batch, options);
      return {logits: this.logits(features) as Tensor2D, labels: tensor1d(labels, 'int32')};
    });
  }

  /**
   * Reads sources.
   *
   * @param ids `[S, B]` int32.
   * @param lengths `[B]` int32: how much of each source is not padding.
   * @returns what `decode` begins with; the caller disposes of it.
   */
  encode(ids: Tensor2D, lengths: Tensor1D, {dropoutSeed}: ForwardOptions = {}): Encoded {
    return tidy(() => {
      const thin = thinning(this.configuration.dropout, dropoutSeed);
      return encode(this.configuration, this.parameters, {ids, lengths}, thin);
    });
  }

  /**
   * Reads symbols of the targets, GO first.
   *
   * @param ids `[T, B]` int32.
   * @param encoded the sources; with the `states` of an earlier call it goes on from there.
   * @returns `features [T, B, O]`, which `logits` takes, `weights [T, B, S]` of attention, and the states after the last
   *   step; the caller disposes of them.
   */
  decode(ids: Tensor2D, encoded: Encoded & {states: AttendingState[]}, {dropoutSeed}: ForwardOptions = {}): Decoding {
    return tidy(() => {
      const seed = dropoutSeed === undefined ? undefined : ~dropoutSeed; // not the masks of the encoder
      return decode(this.configuration, this.parameters, {...encoded, ids}, thinning(this.configuration.dropout, seed));
    });
  }

  /** The logits of features, `[..., V]` of `[..., O]`; the caller disposes of them. */
  logits(features: Tensor): Tensor2D | Tensor3D {
    return tidy(() => {
      const kernel = transposed(matrixOf(this.parameters, embeddingNames(this.configuration).output));
      return linear({x: features, kernel, bias: vectorOf(this.parameters, 'output.bias')}) as Tensor2D | Tensor3D;
    });
  }

  /**
   * How well the model predicts pairs, each symbol from those before it, without dropout.
   *
   * @throws RangeError where there are no batches or an option is unknown, and as `fit` does.
   * @example const {perplexity, exactMatch} = await model.evaluate([batch]);
   */
  evaluate(batches: Iterable<Seq2SeqBatch>, options: EvaluateOptions = {}): Promise<Seq2SeqEvaluation> {
    return evaluate(this, batches, options);
  }

  /**
   * Writes the target of each source, the most likely symbol at every step, until EOS.
   *
   * @param sources the ids of each, at least one.
   * @throws RangeError where a source is empty, an option is unknown or out of its range, or the weights hold NaN. IdRangeError where an
   *   id is not in the source vocabulary.
   * @example const [{ids}] = await model.decodeGreedily([vocabulary.encode('the quick brown fox')]);
   *
   * Cost: a pass of one step over all sources for every symbol of the longest target.
   */
  decodeGreedily(sources: readonly ArrayLike<number>[], options: DecodingOptions = {}): Promise<Decoded[]> {
    return decodeGreedily(this, sources, options);
  }

  /**
   * Writes a target for each source by drawing every symbol from the model's distribution, until EOS.
   *
   * @throws as `decodeGreedily` does.
   * @example await model.sample([source, source], {temperature: 0.8, topP: 0.95, seed: 7}); // two different targets
   */
  sample(sources: readonly ArrayLike<number>[], options: SampleOptions = {}): Promise<Decoded[]> {
    return sample(this, sources, options);
  }

  /**
   * The best targets that a search of limited width finds: at every step only the `width` most likely beginnings of each
   * source are gone on with. A width of 1 is greedy. Deterministic.
   *
   * @returns for each source its best `results`, the one of the highest score first.
   * @throws as `decodeGreedily` does.
   * @example const [[best, second]] = await model.beamSearch([source], {width: 5, results: 2});
   *
   * Cost: a pass of one step over `width` rows a source for every symbol; `width²` candidates a source are read back.
   * Source: Sutskever et al. 2014 (arXiv 1409.3215); both penalties: Wu et al. 2016 (arXiv 1609.08144), 7.
   */
  beamSearch(sources: readonly ArrayLike<number>[], options: BeamSearchOptions = {}): Promise<Hypothesis[][]> {
    return beamSearch(this, sources, options);
  }

  /** Lets go of the parameters. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
  }
}
