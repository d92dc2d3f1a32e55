import type {UnknownSymbol} from '../vocabulary/character-vocabulary';

/** A way to cut texts into symbols, which are numbered from 0. */
export interface PairSymbols {
  /** How many symbols there are. */
  readonly size: number;
  /** Whether texts are expected to have symbols that are not among these. */
  readonly open: boolean;
  /** The numbers of a text's symbols, in its order; of a symbol that is not among these, the symbol itself. */
  encode(text: string): Iterable<number | UnknownSymbol>;
  /** The text of numbers; undefined stands for a symbol that is not among these. */
  decode(numbers: readonly (number | undefined)[]): string;
  toJSON(): PairVocabularyJSON;
}

/** A vocabulary of pairs as plain JSON. */
export type PairVocabularyJSON =
  | {kind: 'characters'; characters: string[]}
  | {kind: 'words'; words: string[]}
  /** What tokenizer.json holds. */
  | {kind: 'subwords'; tokenizer: Readonly<Record<string, unknown>>};
