import {versions} from '@gatefold/example-command-line';
import type {Seq2SeqEvaluation} from '@gatefold/seq2seq';
import type {HistoryPoint} from './history';
import {type Preset, presets} from './presets';
import type {Run} from './run';
import type {WordsRight} from './words-right';

/** What result.json holds. */
export interface Result {
  preset: string;
  steps: number;
  /** Of training, with its validation, decoding and checkpoints. */
  seconds: number;
  seed: number;
  backend: string;
  corpus: string;
  sentence: string;
  /** What the model made of the sentence. */
  made: string;
  /** On windows at the end of the text, which nothing was chosen by. */
  heldOut: {windows: number; perplexity: number; exactMatch: number; words: number; wordsRight: number};
  settings: Record<string, unknown>;
  versions: Record<string, string>;
  /** The points of the curves. */
  history: HistoryPoint[];
}

export function resultOf(
  {settings: {preset, seed, backend}, record: {seconds}, history}: Run,
  {
    heldOut,
    ...measured
  }: Pick<Result, 'corpus' | 'steps' | 'sentence' | 'made'> & {heldOut: Seq2SeqEvaluation & WordsRight},
): Result {
  const {model, cut, batchSize, optimizer, clipNorm}: Preset = presets[preset];
  return {
    preset,
    seconds,
    seed,
    backend,
    ...measured,
    heldOut: {
      windows: heldOut.pairs,
      perplexity: heldOut.perplexity,
      exactMatch: heldOut.exactMatch,
      words: heldOut.words,
      wordsRight: heldOut.share,
    },
    settings: {...model, cut, batchSize, optimizer, clipNorm},
    versions: versions(['gpu-kernels', 'training', 'text8-data', 'seq2seq']),
    history,
  };
}
