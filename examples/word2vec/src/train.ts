import {type Corpus, encodeWords, loadStateOfTheUnion, loadText8} from '@gatefold/text8-data';
import {ParallelTraining, type Word2VecEvent} from '@gatefold/word2vec';
import type {Options} from './options';
import {UserError} from './user-error';

/** Reads the corpus and says what will train. @throws UserError where the text is too short to train with. */
export async function prepareTraining(options: Options, signal: AbortSignal): Promise<ParallelTraining> {
  const corpus = await loadChosenCorpus(options.corpus, signal);
  signal.throwIfAborted();
  try {
    const words = encodeWords(corpus, {minimumCount: 5});
    const secondsBetweenReports = process.stdout.isTTY ? 0.5 : 2;
    const training = new ParallelTraining(words, {
      ...options.settings,
      threads: options.threads,
      secondsBetweenReports,
    });
    const threads = training.threads === 1 ? '1 thread' : `${training.threads} threads`;
    console.log(
      `${corpus.name}: ${grouped(words.rawLength)} words, ${grouped(words.vocabulary.size)} of them different and 5 times there`,
    );
    console.log(
      `${options.settings.model}, ${options.settings.loss.kind}, dimension ${options.settings.dimension}, ${threads}`,
    );
    return training;
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${corpus.name}: ${error.message}`);
    throw error;
  }
}

function loadChosenCorpus(choice: string, signal: AbortSignal): Promise<Corpus> {
  if (choice === 'state-of-the-union') return loadStateOfTheUnion();
  if (choice === 'text8') return loadText8({signal});
  return loadText8({path: choice, normalise: true, signal});
}

/** Trains to the end or the signal, and shows how far it is: one line written over and over, or lines off a terminal. */
export async function train(
  training: Pick<ParallelTraining, 'run'>,
  screen: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>,
  signal: AbortSignal,
): Promise<boolean> {
  let stopped = false;
  for await (const event of training.run({signal})) {
    if (event.kind === 'progress') {
      const line = progressLine(event);
      screen.write(screen.isTTY ? `\r\x1b[K${line.slice(0, (screen.columns || 80) - 1)}` : `${line}\n`);
    } else if (event.kind === 'end') {
      stopped = event.stopped;
      screen.write(
        `${screen.isTTY ? '\n' : ''}${stopped ? 'Stopped' : 'Trained'} after ${event.seconds.toFixed(1)} s\n`,
      );
    }
  }
  return stopped;
}

/** `43 %  16,025,310 words  1.95M words/s  loss 1.4321  11 s left` */
export function progressLine(event: Extract<Word2VecEvent, {kind: 'progress'}>): string {
  const {words, totalWords, wordsPerSecond, loss, secondsLeft} = event;
  return [
    `${Math.floor((100 * words) / totalWords)} %`.padStart(5),
    `${grouped(words)} words`,
    `${(wordsPerSecond / 1e6).toFixed(2)}M words/s`,
    `loss ${loss.toFixed(4)}`,
    `${Math.ceil(secondsLeft)} s left`,
  ].join('  ');
}

/** `1,234,567` */
function grouped(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}
