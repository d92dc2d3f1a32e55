import {CorpusError} from '../errors/corpus-error';
import type {PairSymbols} from './pair-symbols';

/** The parts of `@huggingface/tokenizers` that subwords are made with: `import {Tokenizer} from '@huggingface/tokenizers'`. */
export interface TokenizerMaker {
  new (
    tokenizer: object,
    config: object,
  ): {
    encode(text: string, options: {add_special_tokens: boolean}): {ids: number[]; tokens: string[]};
    decode(ids: number[], options: {clean_up_tokenization_spaces: boolean}): string;
    token_to_id(token: string): number | undefined;
    get_vocab(withAddedTokens: boolean): Map<string, number>;
  };
}

/** Shown for a piece that the tokenizer has no symbol for. */
const replacement = '\uFFFD';

/**
 * The subwords of a trained tokenizer: byte-pair, WordPiece or Unigram, whatever its tokenizer.json says.
 *
 * @throws CorpusError where the JSON is of no tokenizer.
 */
export function subwordSymbols(json: Readonly<Record<string, unknown>>, Tokenizer: TokenizerMaker): PairSymbols {
  const tokenizer = made(json, Tokenizer);
  const unknownToken = (json.model as {unk_token?: string | null}).unk_token;
  const unknown = typeof unknownToken === 'string' ? tokenizer.token_to_id(unknownToken) : undefined;
  const size = Math.max(...tokenizer.get_vocab(true).values()) + 1;
  return {
    size,
    open: true,
    *encode(text) {
      const {ids, tokens} = tokenizer.encode(text, {add_special_tokens: false});
      for (const [offset, id] of ids.entries()) {
        yield id === undefined || id === unknown ? {symbol: tokens[offset]!, offset} : id;
      }
    },
    decode(numbers) {
      const parts: string[] = [];
      let run: number[] = [];
      const decodeRun = () => {
        if (run.length > 0) parts.push(tokenizer.decode(run, {clean_up_tokenization_spaces: false}));
        run = [];
      };
      for (const number of numbers) {
        if (number !== undefined) run.push(number);
        else {
          decodeRun();
          parts.push(replacement);
        }
      }
      decodeRun();
      return parts.join('');
    },
    toJSON: () => ({kind: 'subwords', tokenizer: json}),
  };
}

function made(json: Readonly<Record<string, unknown>>, Tokenizer: TokenizerMaker): InstanceType<TokenizerMaker> {
  try {
    const tokenizer = new Tokenizer(json, {});
    if (tokenizer.get_vocab(true).size === 0) throw new Error('it has no tokens.');
    return tokenizer;
  } catch (error) {
    throw new CorpusError(
      `This is no tokenizer: ${(error as Error).message} Expected what a tokenizer.json of Hugging Face's tokenizers holds.`,
      {cause: error},
    );
  }
}
