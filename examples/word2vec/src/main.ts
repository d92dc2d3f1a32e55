// Trains word vectors on real text, and leaves the vectors, a map of the words and a table of neighbours.
import {inspect} from 'node:util';
import {Interruption, Screen, UserError} from '@gatefold/example-command-line';
import {BackendError} from '@gatefold/gpu-kernels';
import {CorpusError} from '@gatefold/text8-data';
import {CheckpointError} from '@gatefold/training';
import {WordVectorsError} from '@gatefold/word2vec';
import {parseOptions, usage} from './options';
import {train} from './train';

const screen = new Screen(process.stdout, process.env);
const interruption = new Interruption();
process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') screen.line(usage);
  else await train(options, screen, interruption.signal);
  if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
} catch (error) {
  screen.endLive();
  const kinds = [BackendError, CheckpointError, CorpusError, UserError, WordVectorsError];
  const mendable = kinds.some((kind) => kind.isInstance(error)) || error instanceof RangeError;
  if (interruption.signal.aborted && error === interruption.signal.reason) process.exitCode = interruption.exitCode;
  else {
    console.error(mendable ? (error as Error).message : inspect(error));
    process.exitCode = UserError.isInstance(error) ? error.exitCode : 1;
  }
}
