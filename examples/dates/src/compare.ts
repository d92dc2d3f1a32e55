import {duration, grouped, type Screen} from '@gatefold/example-command-line';
import {PairBatches, seq2seqBatch} from '@gatefold/text8-data';
import {bucket, datePairs, vocabularies} from './date-pairs';
import {batchSize, dateModel} from './model';
import type {Options} from './options';
import {StockModel} from './stock-model';

/** What is run for: the part of the dates that validate, in all their formats, which come out without a fault. */
export const goal = 0.99;

/** Adam's usual rate, the one of tfjs's example. */
const learningRate = 0.001;

/** Steps from one measurement to the next; the sides take turns at it. */
const stride = 50;

interface Side {
  name: string;
  /** Takes so many steps more. */
  train(steps: number): Promise<void>;
  exactMatch(): Promise<number>;
}

/** How far a side has come. */
export interface Standing {
  name: string;
  steps: number;
  /** Of the steps alone. */
  seconds: number;
  exactMatch: number;
}

/**
 * Trains our model and the stock one in turn, in one process, on the same batches in the same order, with Adam at the same
 * rate, each until it reaches the goal or has taken all steps.
 *
 * @throws the signal's reason where it was stopped.
 */
export async function compare(
  {steps, backend, threads, seed}: Options,
  {screen, signal}: {screen: Screen; signal: AbortSignal},
): Promise<Standing[]> {
  const pairs = datePairs();
  const options = {...vocabularies, buckets: [bucket], batchSize, seed};
  const validation = seq2seqBatch(pairs.validation, vocabularies);
  const model = dateModel(seed);
  const training = model.fit(new PairBatches(pairs.train, options), {
    ...{steps, reportEvery: steps, signal, optimizer: {kind: 'adam', learningRate}},
  });
  const events = training[Symbol.asyncIterator]();
  const stock = new StockModel(learningRate, seed);
  const stockBatches = new PairBatches(pairs.train, options);
  const sides: Side[] = [
    {
      name: 'Gatefold',
      async train(count) {
        const end = training.step + count;
        while (training.step < end) await events.next();
      },
      exactMatch: async () => (await model.evaluate([validation])).exactMatch,
    },
    {
      name: 'stock tf.layers',
      async train(count) {
        for (let step = 0; step < count; step++) await stock.trainOn(stockBatches.next());
      },
      exactMatch: () => stock.exactMatch(validation),
    },
  ];
  const {bold} = screen.colours;
  screen.line(
    bold(`Dates to ISO, side by side: ${backend}${threads > 1 ? `, ${threads} threads` : ''}, seed ${seed}\n`),
  );
  screen.line('                  steps    seconds  exact');
  const standings = sides.map(({name}): Standing => ({name, steps: 0, seconds: 0, exactMatch: 0}));
  while (standings.some((standing) => runs(standing, steps))) {
    for (const [index, side] of sides.entries()) {
      const standing = standings[index]!;
      if (!runs(standing, steps)) continue;
      signal.throwIfAborted();
      const count = Math.min(stride, steps - standing.steps);
      const start = performance.now();
      await side.train(count);
      standing.seconds += (performance.now() - start) / 1000;
      standing.steps += count;
      standing.exactMatch = await side.exactMatch();
      screen.line(lineOf(standing));
    }
  }
  screen.line();
  for (const {name, exactMatch, ...rest} of standings) {
    const came = exactMatch >= goal ? `came to ${100 * goal} %` : `stands at ${(100 * exactMatch).toFixed(2)} %`;
    const step = `${((1000 * rest.seconds) / rest.steps).toFixed(1)} ms a step`;
    screen.line(`${name} ${came} after ${grouped(rest.steps)} steps, ${duration(rest.seconds)} (${step})`);
  }
  return standings;
}

function runs({steps, exactMatch}: Standing, most: number): boolean {
  return steps < most && exactMatch < goal;
}

function lineOf({name, steps, seconds, exactMatch}: Standing): string {
  const figures = [grouped(steps).padStart(6), seconds.toFixed(1).padStart(9), `${(100 * exactMatch).toFixed(2)} %`];
  return `${name.padEnd(16)} ${figures.join('  ')}`;
}
