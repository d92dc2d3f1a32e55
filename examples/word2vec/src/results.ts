import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {
  encodeVectorsSafetensors,
  encodeWord2VecBinary,
  type WordVectors,
  wordMap,
  wordMapPage,
  wordMapSVG,
} from '@gatefold/word2vec';
import {mapPNG} from './map-png';
import type {Options} from './options';
import {UserError} from './user-error';
import {writeWhole} from './write-whole';

/** How many words the map and the table have. */
const shown = 400;

/**
 * Makes the folder where it is missing, and finds out whether it can be written: better now than after the training.
 *
 * @throws UserError where it cannot.
 */
export async function prepareFolder(folder: string): Promise<void> {
  const trial = path.join(folder, '.writable');
  try {
    await mkdir(folder, {recursive: true});
    await writeFile(trial, '.');
    await rm(trial);
  } catch (error) {
    throw new UserError(
      `The output folder ${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}. ` +
        'Choose another with --output.',
    );
  }
}

/** Writes the vectors first, then what is made of them, and prints a few rows of the table. */
export async function writeResults(vectors: WordVectors, {output, settings}: Options): Promise<void> {
  const write = async (name: string, content: string | Uint8Array) => {
    const file = path.join(output, name);
    await writeWhole(file, content);
    console.log(`  ${file}`);
  };
  console.log(neighbourTable(vectors, sample(vectors.words), 5, '  '));
  console.log('\nWritten:');
  await write('vectors.bin', encodeWord2VecBinary(vectors));
  await write('vectors.safetensors', encodeVectorsSafetensors(vectors));
  await write('neighbours.tsv', `${neighbourTable(vectors, vectors.words.slice(0, shown), 10, '\t')}\n`);
  if (vectors.size < 3) return; // too few for a map
  const points = wordMap(vectors, {count: shown, seed: settings.seed});
  const svg = wordMapSVG(points);
  await write('map.svg', svg);
  await write('map.png', mapPNG(svg));
  await write('map.html', wordMapPage(points));
}

/** Ten words that are frequent, but not so frequent that they mean little. */
function sample(words: readonly string[]): string[] {
  return words.filter((_, rank) => rank >= 150 && rank < 400 && rank % 25 === 0);
}

/** A line a word: the word, and those most similar to it. */
export function neighbourTable(
  vectors: WordVectors,
  words: readonly string[],
  count: number,
  separator: '\t' | '  ',
): string {
  const rows = words.map((word) => [word, ...vectors.mostSimilar(word, {count}).map((neighbour) => neighbour.word)]);
  if (separator === '\t') return rows.map((row) => row.join('\t')).join('\n');
  return rows.map(([word, ...others]) => `${word!.padEnd(14)} ${others.join(', ')}`).join('\n');
}
