import {createHash} from 'node:crypto';
import path from 'node:path';
import {type Corpus, loadStateOfTheUnion, loadText8, type Progress} from '@gatefold/text8-data';

/** The corpora that have a name; any other value of --corpus is a path. */
export const namedCorpora = ['state-of-the-union', 'text8'] as const;

/** Enough to recognise a text again. Plain JSON, for the checkpoint. */
export type CorpusIdentity = {name: string; characters: number; sha256: string};

export interface LoadOptions {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** The corpus of the --corpus option: one of the named ones, or a file, brought to a to z and space. */
export function loadChosenCorpus(choice: string, {signal, onProgress}: LoadOptions): Promise<Corpus> {
  if (choice === 'state-of-the-union') return loadStateOfTheUnion();
  if (choice === 'text8') return loadText8({signal, onProgress});
  return loadText8({path: choice, normalise: true, signal});
}

export function identityOf({name, bytes, length}: Corpus): CorpusIdentity {
  return {name, characters: length, sha256: createHash('sha256').update(bytes).digest('hex')};
}

/** The value of --corpus: a name, or the full path of a file. */
export function corpusChoice(value: string): string {
  return namedCorpora.some((name) => name === value) ? value : path.resolve(value);
}

/** How far a download is. */
export function downloadLine({received, total}: Progress): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return `downloading ${megabytes(received)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`;
}
