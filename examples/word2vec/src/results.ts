import {access, constants, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {UserError, writeWhole} from '@gatefold/example-command-line';
import {
  encodeVectorsSafetensors,
  encodeWord2VecBinary,
  toProjector,
  type WordVectors,
  wordMap,
  wordMapPage,
  wordMapSVG,
} from '@gatefold/word2vec';
import {wordMapPNG} from '@gatefold/word2vec/map-png';
import {neighbourTable} from './neighbours';

/** Makes the folder. @throws UserError where it cannot be: better known before a training than after it. */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true});
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`${folder} cannot be written to: ${(error as Error).message}. Choose another --output.`);
  }
}

/** Fewer words make no map. */
const fewestOnMap = 3;

/** Writes all that a training leaves, the vectors before the map that is made of them, and says which files these are. */
export async function writeResults(folder: string, vectors: WordVectors, seed: number): Promise<string[]> {
  const paths: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    const file = path.join(folder, name);
    await writeWhole(file, content);
    paths.push(file);
  };
  const projector = toProjector(vectors);
  await write('vectors.bin', encodeWord2VecBinary(vectors));
  await write('vectors.safetensors', encodeVectorsSafetensors(vectors));
  await write('vectors.tsv', projector.vectors);
  await write('metadata.tsv', projector.metadata);
  await write('neighbours.txt', neighbourTable(vectors));
  if (vectors.size < fewestOnMap) return paths;
  const map = wordMap(vectors, {seed});
  await write('map.svg', wordMapSVG(map));
  await write('map.png', await wordMapPNG(map));
  await write('map.html', wordMapPage(map));
  return paths;
}
