import {versions} from '@gatefold/example-command-line';
import type {LanguageModelEvaluation} from '@gatefold/lstm';
import type {Corpus} from '@gatefold/text8-data';
import type {HistoryPoint} from './history';
import {type ProgramName, programs} from './programs';
import type {RunRecord} from './run-record';

/** How well the model predicts one part of the text. */
export interface Measurement {
  /** The length of the part. Its first symbol is only read, so one fewer is predicted. */
  characters: number;
  /** A character. */
  perplexity: number;
  /** A symbol of the program: that of a character once more, or of a pair. */
  perplexityPerSymbol: number;
  bitsPerCharacter: number;
}

/** What result.json holds. */
export interface Result {
  program: ProgramName;
  steps: number;
  /** Of training, with its validation, samples and checkpoints. */
  seconds: number;
  seed: number;
  backend: string;
  corpus: string;
  /** On the first characters of the text. Noisy: a thousand are few. */
  validation: Measurement;
  /** On the last characters of the text, which nothing was chosen by. */
  heldOut: Measurement;
  settings: Record<string, string | number>;
  versions: Record<string, string>;
  /** The points of the curves. */
  history: HistoryPoint[];
}

export function resultOf(record: RunRecord, measured: {validation: Measurement; heldOut: Measurement}): Result {
  const {settings, corpus, history, stepsDone, seconds} = record;
  const {symbols, model, batchSize, sequenceLength, decay, clipNorm} = programs[settings.program];
  return {
    program: settings.program,
    steps: stepsDone,
    seconds,
    seed: settings.seed,
    backend: settings.backend,
    corpus: corpus.name,
    ...measured,
    settings: {
      symbols,
      layers: 1,
      hiddenSize: settings.hiddenSize,
      ...model,
      batchSize,
      sequenceLength,
      optimizer: settings.optimizer,
      learningRate: settings.learningRate,
      schedule: settings.schedule,
      ...(settings.earlyStopping && {earlyStopping: settings.earlyStopping}),
      ...(settings.warmUp > 0 && {warmUp: settings.warmUp}),
      ...(['step', 'exponential'].includes(settings.schedule) && {
        learningRateFactor: decay.factor,
        learningRateEvery: decay.every,
      }),
      clipNorm,
      corpusCharacters: corpus.characters,
      corpusSha256: corpus.sha256,
    },
    versions: versions(['gpu-kernels', 'training', 'text8-data', 'lstm']),
    history: history.points,
  };
}

/** The evaluation of a part of the text. */
export function measurementOf({length: characters}: Corpus, evaluation: LanguageModelEvaluation): Measurement {
  const {perplexity: perplexityPerSymbol, perplexityPerCharacter: perplexity, bitsPerCharacter} = evaluation;
  return {characters, perplexity, perplexityPerSymbol, bitsPerCharacter};
}
