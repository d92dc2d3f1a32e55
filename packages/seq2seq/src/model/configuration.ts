import {expectKnownOptions} from '@gatefold/training';
import {type CellKind, gatesOf} from '../recurrent-layer/recurrent-layer';

export interface Seq2SeqConfiguration {
  /** How many symbols sources have, the four of `symbols` among them; ids run from 0. */
  sourceVocabularySize: number;
  /** How many symbols targets have; default as many as sources. */
  targetVocabularySize?: number;
  /** How wide the rows are that ids are looked up as. */
  embeddingSize: number;
  /** The sizes of the decoder's layers, from the input up. */
  hiddenSizes: number[];
  /**
   * The sizes of the encoder's layers, one for each of the decoder's; default the same. Where the state of a layer is of
   * another size than that of the decoder's, which begins with it, a linear bridge lies between.
   */
  encoderHiddenSizes?: number[];
  /** The cells of all layers; default `'lstm'`. */
  cell?: CellKind;
  /**
   * How the decoder finds its place in the source: `'additive'` (default), `v · tanh(Q h + K e)`; `'multiplicative'`,
   * `h · K e`; or `'none'`, when all it knows of the source is the state it begins with.
   */
  attention?: 'additive' | 'multiplicative' | 'none';
  /** Whether every layer of the encoder reads in both directions, each of its size. Default false. */
  bidirectional?: boolean;
  /** Whether the encoder reads from the end, as in Sutskever et al. 2014. Attention keeps its places. Default false. */
  reverseSource?: boolean;
  /**
   * The part of the values, in [0, 1), that is dropped in training above the embeddings and above every layer, and never
   * on the way from step to step (Zaremba et al. 2014). Default 0.
   */
  dropout?: number;
  /** Whether sources and targets are looked up in one table; their vocabularies must be of one size. Default false. */
  tiedEmbeddings?: boolean;
  /**
   * Whether the output rows are those of the target embedding (Press & Wolf 2017, arXiv 1608.05859). Without attention the
   * top layer must be of the embedding's size. Default false.
   */
  tiedOutput?: boolean;
  /** Added to the bias of the forget gates of an LSTM, so that it remembers from the start. Default 1, of a GRU 0. */
  forgetBias?: number;
  /** Of the initial weights and of all that training draws; default 1. */
  seed?: number;
}

/** A configuration with every default filled in. */
export type FullConfiguration = Required<Seq2SeqConfiguration>;

const knownOptions: Readonly<Record<keyof Seq2SeqConfiguration, true>> = {
  ...{sourceVocabularySize: true, targetVocabularySize: true, embeddingSize: true, hiddenSizes: true},
  ...{encoderHiddenSizes: true, cell: true, attention: true, bidirectional: true, reverseSource: true, dropout: true},
  ...{tiedEmbeddings: true, tiedOutput: true, forgetBias: true, seed: true},
};

/** Fills in the defaults. Throws a RangeError where an option is unknown, out of its range or does not fit another. */
export function fullConfiguration(given: Seq2SeqConfiguration): FullConfiguration {
  expectKnownOptions('A Seq2SeqModel', given, knownOptions);
  const {cell = 'lstm', attention = 'additive'} = given;
  for (const sizes of [given.hiddenSizes, given.encoderHiddenSizes ?? []]) {
    if (Array.isArray(sizes)) continue;
    throw new RangeError(`The sizes of the layers are ${sizes}, expected a list of whole numbers: [256, 256].`);
  }
  const full: FullConfiguration = {
    sourceVocabularySize: given.sourceVocabularySize,
    targetVocabularySize: given.targetVocabularySize ?? given.sourceVocabularySize,
    embeddingSize: given.embeddingSize,
    hiddenSizes: [...given.hiddenSizes],
    encoderHiddenSizes: [...(given.encoderHiddenSizes ?? given.hiddenSizes)],
    cell,
    attention,
    bidirectional: given.bidirectional ?? false,
    reverseSource: given.reverseSource ?? false,
    dropout: given.dropout ?? 0,
    tiedEmbeddings: given.tiedEmbeddings ?? false,
    tiedOutput: given.tiedOutput ?? false,
    forgetBias: given.forgetBias ?? (cell === 'gru' ? 0 : 1),
    seed: given.seed ?? 1,
  };
  expectSizes(full);
  expectOneOf('cell', cell, Object.keys(gatesOf));
  expectOneOf('attention', attention, ['additive', 'multiplicative', 'none']);
  const {dropout, forgetBias, seed} = full;
  if (!(dropout >= 0 && dropout < 1)) {
    throw new RangeError(`dropout is ${dropout}, expected the part to drop, at least 0 and below 1.`);
  }
  if (!Number.isFinite(forgetBias) || (cell === 'gru' && forgetBias !== 0)) {
    throw new RangeError(
      `forgetBias is ${forgetBias} with the cell "${cell}", expected a finite number with an LSTM: a GRU has no forget gate.`,
    );
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, expected a whole number.`);
  if (full.bidirectional && full.reverseSource) {
    throw new RangeError('reverseSource means nothing where the encoder is bidirectional: leave one of them out.');
  }
  return full;
}

function expectSizes(full: FullConfiguration): void {
  const {hiddenSizes, encoderHiddenSizes, embeddingSize, sourceVocabularySize, targetVocabularySize} = full;
  if (hiddenSizes.length === 0) throw new RangeError('hiddenSizes is empty, expected the size of at least one layer.');
  if (encoderHiddenSizes.length !== hiddenSizes.length) {
    throw new RangeError(
      `encoderHiddenSizes has ${encoderHiddenSizes.length} sizes and hiddenSizes ${hiddenSizes.length}: ` +
        'every layer of the decoder begins with the state of one of the encoder.',
    );
  }
  for (const size of [...hiddenSizes, ...encoderHiddenSizes, embeddingSize]) {
    if (!(Number.isSafeInteger(size) && size > 0)) {
      throw new RangeError(`A size of the model is ${size}, expected a whole number above 0.`);
    }
  }
  for (const size of [sourceVocabularySize, targetVocabularySize]) {
    if (Number.isSafeInteger(size) && size > 4) continue;
    throw new RangeError(
      `A vocabulary's size is ${size}, expected a whole number above 4: PAD, GO, EOS and UNK come before its symbols.`,
    );
  }
  if (full.tiedEmbeddings && sourceVocabularySize !== targetVocabularySize) {
    throw new RangeError(
      `The vocabularies are of ${sourceVocabularySize} and ${targetVocabularySize} symbols; with tiedEmbeddings they must be one.`,
    );
  }
  if (full.tiedOutput && full.attention === 'none' && hiddenSizes.at(-1) !== embeddingSize) {
    throw new RangeError(
      `embeddingSize is ${embeddingSize} and the top layer's size ${hiddenSizes.at(-1)}; with tiedOutput and without ` +
        'attention they must be equal.',
    );
  }
}

function expectOneOf(name: string, value: string, expected: string[]): void {
  if (expected.includes(value)) return;
  throw new RangeError(`${name} is ${JSON.stringify(value)}, expected one of ${expected.join(', ')}.`);
}
