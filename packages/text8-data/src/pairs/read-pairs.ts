import {platform} from '#platform';
import type {Pair} from './pair';
import {checkColumns, linesOf, type PairColumns, parseLine} from './parse-line';

/**
 * Reads pairs from a text of lines `source, tab, target` as it comes, in memory for one line.
 *
 * @param text the path of a plain file or of a zip archive of one (Node), or chunks of bytes, as a fetched body gives them.
 * @throws CorpusError where it cannot be read, or a line holds no pair; it names the line.
 * @example for await (const [english, french] of readPairs('fra.txt')) console.log(english, french);
 *
 * Cost: about 0.5 µs a pair.
 */
export async function* readPairs(
  text: string | AsyncIterable<Uint8Array>,
  options: PairColumns = {},
): AsyncGenerator<Pair, void, undefined> {
  checkColumns(options);
  const {name, chunks} = typeof text === 'string' ? await platform.readChunks(text) : {name: 'the text', chunks: text};
  for await (const line of linesOf(chunks)) yield parseLine(name, line, options);
}
