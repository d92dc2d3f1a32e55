// Trains word vectors on real text, and leaves the vectors, a map of the words and a table of neighbours.
import {inspect} from 'node:util';
import {Interruption, Screen, UserError} from '@gatefold/example-command-line';
import {BackendError} from '@gatefold/gpu-kernels';
import {CorpusError, encodeWords, loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';
import {ParallelTraining, WordVectorsError} from '@gatefold/word2vec';
import {neighbourTable} from './neighbours';
import {type Options, parseOptions, usage} from './options';
import {progressLine} from './progress-line';
import {prepareFolder, writeResults} from './results';

const screen = new Screen(process.stdout, process.env);
const interruption = new Interruption();
process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough

function loadCorpus(choice: string) {
  if (choice === 'state-of-the-union') return loadStateOfTheUnion();
  const {signal} = interruption;
  return loadText8(choice === 'text8' ? {signal} : {path: choice, normalise: true, signal});
}

async function train({corpus: choice, minimumCount, threads, settings, output}: Options): Promise<void> {
  await prepareFolder(output);
  const text = await loadCorpus(choice);
  const corpus = encodeWords(text, {minimumCount});
  const training = new ParallelTraining(corpus, {...settings, ...(threads && {threads})});
  screen.line(
    `${text.name}: ${corpus.rawLength.toLocaleString('en')} words, ${corpus.vocabulary.words.length.toLocaleString('en')} ` +
      `of them different and frequent enough; ${settings.epochs} epochs on ${training.threads} threads.`,
  );
  for await (const event of training.run({signal: interruption.signal})) {
    if (event.kind === 'progress') {
      screen.live(() => progressLine(event));
      if (!screen.interactive) screen.line(progressLine(event));
    } else if (event.kind === 'end') {
      screen.endLive();
      screen.line(`${event.stopped ? 'Stopped' : 'Done'} after ${event.seconds.toFixed(1)} s.\n`);
    }
  }
  const vectors = await training.wordVectors();
  training.dispose();
  screen.line(neighbourTable(vectors));
  for (const file of await writeResults(output, vectors, settings.seed)) screen.line(file);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') screen.line(usage);
  else await train(options);
  if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
} catch (error) {
  screen.endLive();
  const kinds = [BackendError, CorpusError, UserError, WordVectorsError];
  const mendable = kinds.some((kind) => kind.isInstance(error)) || error instanceof RangeError;
  if (interruption.signal.aborted && error === interruption.signal.reason) process.exitCode = interruption.exitCode;
  else {
    console.error(mendable ? (error as Error).message : inspect(error));
    process.exitCode = UserError.isInstance(error) ? error.exitCode : 1;
  }
}
