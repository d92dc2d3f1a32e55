import {type Corpus, loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';

/** The corpus that `--corpus` names. */
export function chooseCorpus(
  choice: string,
  {signal, onProgress}: {signal: AbortSignal; onProgress: (line: string) => void},
): Promise<Corpus> {
  if (choice === 'state-of-the-union') return loadStateOfTheUnion();
  const download = {
    signal,
    onProgress: ({received, total}: {received: number; total?: number}) =>
      onProgress(`fetching text8.zip: ${megabytes(received)} of ${megabytes(total ?? 0)} MB`),
  };
  return choice === 'text8' ? loadText8(download) : loadText8({path: choice, signal});
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** What is held out in the end: 500,000 characters, or a twentieth of a text too short for that. */
export function heldOutSize(corpus: Corpus): number {
  return corpus.length >= 2_000_000 ? 500_000 : Math.floor(corpus.length / 20);
}
