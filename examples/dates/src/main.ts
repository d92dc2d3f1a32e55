// Teaches a model to bring dates in many formats to ISO, and leaves a checkpoint, curves, a picture of its attention and figures.
import {describeFailure, Interruption, OutputFolder, Screen} from '@gatefold/example-command-line';
import {useBackend} from '@gatefold/gpu-kernels';
import {enableProdMode} from '@tensorflow/tfjs-core';
import {compare} from './compare';
import {convert} from './convert';
import {type Options, parseOptions, usage} from './options';
import {train} from './train';

const screen = new Screen(process.stdout, process.env);
const interruption = new Interruption();
process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough

async function run(options: Options): Promise<void> {
  const {backend, threads, output} = options;
  const {signal} = interruption;
  const files = new OutputFolder(output, ['curves.svg', 'curves.png', 'attention.svg', 'attention.png']);
  enableProdMode();
  await useBackend(backend, backend === 'wasm' && threads > 1 ? {threads} : {});
  if (options.convert !== undefined) {
    const {made, probability} = await convert(options.convert, files);
    screen.line(`${made}  (probability ${probability.toFixed(4)})`);
  } else if (options.compare) {
    await compare(options, {screen, signal});
  } else {
    await files.prepare();
    await train(options, {screen, files, signal});
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') screen.line(usage);
  else await run(options);
} catch (error) {
  screen.endLive();
  if (interruption.signal.aborted && error === interruption.signal.reason) {
    screen.line('Stopped.');
    process.exitCode = interruption.exitCode;
  } else {
    const {message, exitCode} = describeFailure(error);
    console.error(message);
    process.exitCode = exitCode;
  }
}
