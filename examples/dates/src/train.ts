import {
  attentionPicture,
  duration,
  grouped,
  type OutputFolder,
  Pace,
  pngOf,
  progressLine,
  type Screen,
  versions,
  writeWhole,
} from '@gatefold/example-command-line';
import type {Seq2SeqModel} from '@gatefold/seq2seq';
import {PairBatches, seq2seqBatch} from '@gatefold/text8-data';
import {cosineDecay, warmUp, writeCheckpoint} from '@gatefold/training';
import {curvesPicture} from './curves';
import {bucket, type DatePair, datePairs, vocabularies} from './date-pairs';
import {formats} from './formats';
import type {HistoryPoint} from './history';
import {batchSize, dateModel} from './model';
import type {Options} from './options';

/** A date that is held out. */
export const sample = 'JAN 29, 2019';

const reportEvery = 100;
const learningRate = 0.005;

/**
 * The whole of it: dates, model, training with its reports, figures, files.
 *
 * @throws the signal's reason where it was stopped; the model by then is in the checkpoint.
 */
export async function train(
  {steps, backend, seed}: Options,
  {screen, files, signal}: {screen: Screen; files: OutputFolder; signal: AbortSignal},
): Promise<void> {
  const {bold, cyan, dim} = screen.colours;
  const pairs = datePairs();
  screen.line(bold(`Dates to ISO: ${grouped(steps)} steps, ${backend}, seed ${seed}`));
  screen.line(
    `${grouped(pairs.train.length)} pairs to learn from, in ${formats.length} formats; ${grouped(pairs.heldOut.length)} held out\n`,
  );
  const model = dateModel(seed);
  const climb = Math.min(50, Math.ceil(steps / 10));
  const training = model.fit(new PairBatches(pairs.train, {...vocabularies, buckets: [bucket], batchSize, seed}), {
    ...{steps, clipNorm: 5, reportEvery, signal},
    optimizer: {
      kind: 'adam',
      learningRate: warmUp({steps: climb, schedule: cosineDecay({initial: learningRate, steps})}),
    },
    validation: [seq2seqBatch(pairs.validation, vocabularies)],
  });
  const history: HistoryPoint[] = [];
  const pace = new Pace({steps, firstStep: 0, charactersAStep: batchSize * bucket[0]});
  for await (const event of training) {
    if (event.kind === 'step') {
      screen.live(() => progressLine({...pace.at(event.step + 1), loss: event.loss}, screen.width));
    } else if (event.kind === 'report') {
      const {step, loss} = event;
      const {exactMatch} = event.validation!;
      const [written] = await model.decodeGreedily([vocabularies.source.encode(sample)]);
      const made = vocabularies.target.decode(written!.ids);
      history.push({step, loss, exactMatch, made});
      const figures = [
        `step ${grouped(step).padStart(6)}`,
        `loss ${loss.toFixed(4)}`,
        `exact ${cyan(percent(exactMatch))}`,
      ];
      screen.line(`${figures.join('  ')}  ${dim(`${sample} → `)}${made}`);
    }
  }
  screen.endLive();
  await files.removeResults();
  await writeCheckpoint(files.checkpoint, await model.checkpoint());
  signal.throwIfAborted();

  const {seconds} = pace;
  screen.line(`\n${grouped(steps)} steps in ${duration(seconds)}. Measuring on dates that were held out.`);
  const byFormat = await exactByFormat(model, pairs.heldOut, signal);
  const exactMatch = Object.values(byFormat).reduce((sum, share) => sum + share, 0) / formats.length;
  for (const [format, share] of Object.entries(byFormat)) screen.line(`  ${format.padEnd(14)} ${percent(share)}`);
  screen.line(`  ${'all'.padEnd(14)} ${bold(percent(exactMatch))} exact\n`);

  const [decoded] = await model.decodeGreedily([vocabularies.source.encode(sample)], {attention: true});
  const made = vocabularies.target.decode(decoded!.ids);
  for (const [name, picture] of [
    ['curves', curvesPicture(history)],
    ['attention', attentionPicture({source: sample, made, weights: decoded!.attention!})],
  ] as const) {
    await writeWhole(files.file(`${name}.svg`), picture.svg);
    await writeWhole(files.file(`${name}.png`), pngOf(picture));
  }
  const result = {
    ...{steps, seconds, seed, backend, heldOut: {pairs: pairs.heldOut.length, exactMatch, byFormat}, sample, made},
    settings: {...model.configuration, batchSize, optimizer: 'adam', learningRate, clipNorm: 5},
    versions: versions(['gpu-kernels', 'training', 'text8-data', 'seq2seq']),
    history,
  };
  await writeWhole(files.result, `${JSON.stringify(result, null, 2)}\n`);
  for (const name of ['attention.png', 'curves.png', 'result.json', 'checkpoint']) screen.line(files.file(name));
}

/** The part of the pairs of each format, which follow one another in turn, that come out without a fault. */
async function exactByFormat(
  model: Seq2SeqModel,
  pairs: readonly DatePair[],
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const shares: Record<string, number> = {};
  for (const [index, format] of formats.entries()) {
    const ofFormat = pairs.filter((_, place) => place % formats.length === index);
    shares[format] = (await model.evaluate([seq2seqBatch(ofFormat, vocabularies)], {signal})).exactMatch;
  }
  return shares;
}

/** `99.63 %` */
function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`.padStart(8);
}
