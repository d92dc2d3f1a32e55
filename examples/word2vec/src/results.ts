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
import {mapPNG} from './map-png';
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

/** Writes all that a training leaves, and says which files these are. */
export async function writeResults(folder: string, vectors: WordVectors, seed: number): Promise<string[]> {
  const map = wordMap(vectors, {seed});
  const svg = wordMapSVG(map);
  const projector = toProjector(vectors);
  const files: Record<string, string | Uint8Array> = {
    'vectors.bin': encodeWord2VecBinary(vectors),
    'vectors.safetensors': encodeVectorsSafetensors(vectors),
    'vectors.tsv': projector.vectors,
    'metadata.tsv': projector.metadata,
    'neighbours.txt': neighbourTable(vectors),
    'map.svg': svg,
    'map.png': mapPNG(svg),
    'map.html': wordMapPage(map),
  };
  const paths = Object.keys(files).map((name) => path.join(folder, name));
  for (const [index, content] of Object.values(files).entries()) await writeWhole(paths[index]!, content);
  return paths;
}
