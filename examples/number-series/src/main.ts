// Trains an LSTM to predict the next value of the series 1, 1/2, 1/3, ...: the exercise's regression program.
import {describeFailure} from '@gatefold/example-command-line';
import {useBackend} from '@gatefold/gpu-kernels';
import {exponentialDecay, Training} from '@gatefold/training';
import '@tensorflow/tfjs'; // the gradients of plain operations
import {enableProdMode} from '@tensorflow/tfjs-core';
import {type Options, parseOptions, usage} from './options';
import {harmonicSeries, SameBatch, windowsOf} from './series';
import {SeriesModel} from './series-model';

const windowLength = 10;
const series = harmonicSeries(111);
const starts = Array.from({length: 100}, (_, start) => start);
const isHeldOut = (start: number) => start % 10 === 5;
const train = windowsOf(
  series,
  starts.filter((start) => !isHeldOut(start)),
  windowLength,
);
const heldOutStarts = starts.filter(isHeldOut);
const heldOut = windowsOf(series, heldOutStarts, windowLength);

async function run({steps, backend, seed}: Options): Promise<void> {
  enableProdMode();
  await useBackend(backend);
  const model = new SeriesModel({hiddenSize: 64, dropout: 0.2, seed});
  const training = new Training(model, new SameBatch(train), {
    steps,
    optimizer: {kind: 'sgd', learningRate: exponentialDecay({initial: 1, factor: 0.9, every: 100})},
    clipNorm: 1.25,
    reportEvery: 500,
  });
  for await (const event of training) {
    if (event.kind !== 'report') continue;
    const {step, loss} = event;
    const error = await model.evaluate(heldOut);
    console.log(`step ${String(step).padStart(4)}  loss ${loss.toFixed(6)}  held-out error ${error.toFixed(4)}`);
  }

  console.log('\nafter a window that begins at  the next value is  predicted');
  const predicted = model.predict(heldOut);
  const values = await predicted.data();
  heldOutStarts.forEach((start, window) => {
    const last = (windowLength - 1) * heldOutStarts.length + window;
    const figures = [series[start]!, heldOut.targets[last]!, values[last]!].map((value) => value.toFixed(4));
    console.log(`${figures[0]!.padStart(29)}${figures[1]!.padStart(19)}${figures[2]!.padStart(11)}`);
  });
  for (const each of [predicted, training, model]) each.dispose();
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
  else await run(options);
} catch (error) {
  const {message, exitCode} = describeFailure(error);
  console.error(message);
  process.exitCode = exitCode;
}
