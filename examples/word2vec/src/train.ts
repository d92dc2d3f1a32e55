import type {Screen} from '@gatefold/example-command-line';
import {encodeWords, loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';
import {neighbourLine, neighbourTable} from './neighbours';
import type {Options, Run} from './options';
import {progressLine} from './progress-line';
import {prepareFolder, writeResults} from './results';
import {startTraining} from './start-training';
import {readStoppedRun, removeStoppedRun, writeStoppedRun} from './stopped-run';

/** How often the screen tells of neighbours at most. */
const looks = 10;

function loadCorpus({corpus}: Run, signal: AbortSignal) {
  if (corpus === 'state-of-the-union') return loadStateOfTheUnion();
  return loadText8(corpus === 'text8' ? {signal} : {path: corpus, normalise: true, signal});
}

/** Text, training, files. Where it is stopped it keeps a checkpoint, and the files are of what was learnt by then. */
export async function train(
  {run: given, threads, output}: Options,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const {run, checkpoint} = given ? {run: given} : await readStoppedRun(output);
  await prepareFolder(output);
  const text = await loadCorpus(run, signal);
  const corpus = encodeWords(text, {minimumCount: run.minimumCount});
  const {training, on} = await startTraining(corpus, run, {threads, checkpoint});
  const {epochs, seed} = run.settings;
  screen.line(
    `${text.name}: ${corpus.rawLength.toLocaleString('en')} words, ${corpus.vocabulary.words.length.toLocaleString('en')} ` +
      `of them different and frequent enough; ${epochs} epochs on ${on}.`,
  );
  let stopped = false;
  for await (const event of training.run({signal})) {
    if (event.kind === 'progress') {
      screen.live(() => progressLine(event));
      if (!screen.interactive) screen.line(progressLine(event));
    } else if (event.kind === 'epoch' && event.epoch < epochs && event.epoch % Math.ceil(epochs / looks) === 0) {
      screen.line(`epoch ${event.epoch}   ${neighbourLine(await training.wordVectors())}`);
    } else if (event.kind === 'end') {
      stopped = event.stopped;
      screen.endLive();
      screen.line(`${stopped ? 'Stopped' : 'Done'} after ${event.seconds.toFixed(1)} s.\n`);
    }
  }
  if (stopped) await writeStoppedRun(output, run, await training.checkpoint());
  else await removeStoppedRun(output);
  const vectors = await training.wordVectors();
  training.dispose();
  screen.line(neighbourTable(vectors));
  for (const file of await writeResults(output, vectors, seed)) screen.line(file);
  if (stopped) screen.line('\nTo go on, give --resume and the same --output.');
}
