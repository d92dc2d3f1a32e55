// Trains word vectors on real text, and leaves them with a map of the words and a table of neighbours.
import {inspect} from 'node:util';
import {BackendError} from '@gatefold/gpu-kernels';
import {CorpusError} from '@gatefold/text8-data';
import {WordVectorsError} from '@gatefold/word2vec';
import {Interruption} from './interruption';
import {parseOptions, usage} from './options';
import {prepareFolder, writeResults} from './results';
import {prepareTraining, train} from './train';
import {UserError} from './user-error';

const interruption = new Interruption();
process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
  } else {
    await prepareFolder(options.output);
    const training = await prepareTraining(options, interruption.signal);
    const stopped = await train(training, process.stdout, interruption.signal);
    const vectors = await training.wordVectors();
    training.dispose();
    await writeResults(vectors, options);
    if (stopped) process.exitCode = interruption.exitCode;
  }
} catch (error) {
  if (interruption.signal.aborted && error === interruption.signal.reason) {
    console.error('Stopped before the training began; nothing was written.');
    process.exitCode = interruption.exitCode;
  } else {
    const mendable = [BackendError, CorpusError, WordVectorsError, UserError].some((kind) => kind.isInstance(error));
    console.error(mendable ? (error as Error).message : inspect(error));
    process.exitCode = error instanceof UserError ? error.exitCode : 1;
  }
}
