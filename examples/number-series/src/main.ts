// Trains an LSTM to predict the next value of the series 1, 1/2, 1/3, ...: the exercise's regression program.
import {useBackend} from '@gatefold/gpu-kernels';
import {exponentialDecay, Training} from '@gatefold/training';
import '@tensorflow/tfjs'; // the gradients of plain operations
import {enableProdMode} from '@tensorflow/tfjs-core';
import {harmonicSeries, SameBatch, windowsOf} from './series';
import {SeriesModel} from './series-model';

enableProdMode();
await useBackend('wasm');

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

const model = new SeriesModel({hiddenSize: 64, dropout: 0.2, seed: 1});
const training = new Training(model, new SameBatch(train), {
  steps: 3501,
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
predicted.dispose();
training.dispose();
model.dispose();
