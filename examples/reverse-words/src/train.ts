import {
  attentionPicture,
  downloadLine,
  duration,
  grouped,
  identityOf,
  loadChosenCorpus,
  Pace,
  pngOf,
  progressLine,
  type Screen,
  UserError,
  writeWhole,
} from '@gatefold/example-command-line';
import {useBackend} from '@gatefold/gpu-kernels';
import {Seq2SeqModel} from '@gatefold/seq2seq';
import {
  type Corpus,
  PairBatches,
  PairVocabulary,
  ReversedWords,
  type ReversedWordsPair,
  seq2seqBatch,
} from '@gatefold/text8-data';
import {enableProdMode} from '@tensorflow/tfjs-core';
import {curvesPicture} from './curves';
import type {HistoryPoint} from './history';
import type {Options} from './options';
import {bucket, type Preset, presets, windowLength} from './presets';
import {type Result, resultOf} from './result';
import type {Run} from './run';
import {wordsRight} from './words-right';

const sentence = 'the quick brown fox';

/** Steps from one report to the next. */
const reportEvery = 100;
/** Steps from one checkpoint to the next. */
const saveEvery = 500;
/** Windows to validate on, and held out for the end; of a short text fewer. */
const windows = {validation: 250, heldOut: 2000} as const;
/** The most characters that these are taken from, at the start of the text and at its end. */
const largestParts = {validationSize: 10_000, heldOutSize: 500_000} as const;

/**
 * The whole exercise: text, model, training with its reports, figures, files.
 *
 * @throws the signal's reason where it was stopped; what was trained by then is in the checkpoint.
 */
export async function train(
  run: Run,
  screen: Screen,
  {signal, threads}: {signal: AbortSignal} & Pick<Options, 'threads'>,
): Promise<Result> {
  const {settings, files, history} = run;
  const preset: Preset = presets[settings.preset];
  const {cut, batchSize} = preset;
  enableProdMode();
  await useBackend(settings.backend, settings.backend === 'wasm' && threads > 1 ? {threads} : {});
  const corpus = await loadChosenCorpus(settings.corpus, {
    signal,
    onProgress: (progress) => screen.live(() => downloadLine(progress)),
  });
  screen.endLive();
  signal.throwIfAborted();
  run.useCorpus(identityOf(corpus));
  const parts = partsOf(corpus);
  const validationPairs = windowsOf(parts.validation, {cut, most: windows.validation});
  const {layers, size} = {layers: preset.model.hiddenSizes.length, size: preset.model.hiddenSizes[0]!};
  screen.line(
    screen.colours.bold(
      `Words turned round: ${layers === 1 ? 'one layer' : `${layers} layers`} of ${size}, ${grouped(settings.steps)} steps, ${settings.backend}, seed ${settings.seed}`,
    ),
  );
  screen.line(
    `${corpus.name}: ${grouped(corpus.length)} characters, the last ${grouped(parts.heldOut.length)} held out`,
  );
  if (run.checkpoint) screen.line(`Going on after ${grouped(run.stepsSaved)} steps.`);
  screen.line();

  const vocabulary = PairVocabulary.ofCharacters(' abcdefghijklmnopqrstuvwxyz');
  const model = run.checkpoint
    ? Seq2SeqModel.fromCheckpoint(run.checkpoint)
    : new Seq2SeqModel({...preset.model, sourceVocabularySize: vocabulary.size, seed: settings.seed});
  const pairs = new ReversedWords(parts.train, {windowLength, cut, seed: settings.seed});
  const training = model.fit(new PairBatches(pairs, {source: vocabulary, buckets: [bucket], batchSize}), {
    steps: settings.steps,
    optimizer: {kind: preset.optimizer, learningRate: preset.learningRate(settings.steps)},
    clipNorm: preset.clipNorm,
    reportEvery,
    validation: [seq2seqBatch(validationPairs, {source: vocabulary})],
    signal,
    resume: run.checkpoint,
  });

  const pace = new Pace({
    steps: settings.steps,
    firstStep: training.step,
    charactersAStep: batchSize * windowLength,
  });
  for await (const event of training) {
    if (event.kind === 'step') {
      screen.live(() => progressLine({...pace.at(event.step + 1), loss: event.loss}, screen.width));
    } else if (event.kind === 'report') {
      // No signal here: what is stopped stops after the report, and is saved with all of its steps.
      const {step, loss, learningRate} = event;
      const [written] = await model.decodeGreedily([vocabulary.encode(sentence)]);
      const point: HistoryPoint = {
        ...{step, loss, learningRate},
        validationPerplexity: event.validation!.perplexity,
        made: vocabulary.decode(written!.ids),
        wordsRight: (await wordsRight(model, validationPairs, {vocabulary})).share,
      };
      history.push(point);
      printPoint(screen, point, settings.steps);
      if (step > 0 && step % saveEvery === 0) await run.save(training, pace.seconds);
    }
  }
  screen.endLive();
  if (training.step > run.stepsSaved) await run.save(training, pace.seconds);
  signal.throwIfAborted();

  screen.line(`\n${grouped(training.step)} steps in ${duration(run.record.seconds)}. Measuring on the held-out text.`);
  const heldOutPairs = windowsOf(parts.heldOut, {cut, most: windows.heldOut});
  const heldOut = {
    ...(await model.evaluate([seq2seqBatch(heldOutPairs, {source: vocabulary})], {signal})),
    ...(await wordsRight(model, heldOutPairs, {vocabulary, signal})),
  };
  const [decoded] = await model.decodeGreedily([vocabulary.encode(sentence)], {attention: true});
  const made = vocabulary.decode(decoded!.ids);
  const attention = attentionPicture({source: sentence, made, weights: decoded!.attention!});
  for (const [name, picture] of [
    ['curves', curvesPicture(history)],
    ['attention', attention],
  ] as const) {
    await writeWhole(files.file(`${name}.svg`), picture.svg);
    await writeWhole(files.file(`${name}.png`), pngOf(picture));
  }
  const result = resultOf(run, {corpus: corpus.name, steps: training.step, sentence, made, heldOut});
  await writeWhole(files.result, `${JSON.stringify(result, null, 2)}\n`); // last: it marks the run as finished
  return result;
}

/**
 * The start of a text to validate on, its end held out, and between them what to train on: of a short one a tenth each.
 *
 * @throws UserError where it is too short for the figures to mean anything.
 */
function partsOf(corpus: Corpus): {validation: Corpus; train: Corpus; heldOut: Corpus} {
  if (corpus.length < 1000) {
    throw new UserError(
      `${corpus.name} has ${corpus.length} characters, expected at least 1000: choose a longer text.`,
    );
  }
  const tenth = Math.floor(corpus.length / 10);
  return corpus.split({
    validationSize: Math.min(largestParts.validationSize, tenth),
    heldOutSize: Math.min(largestParts.heldOutSize, tenth),
  });
}

/**
 * Windows that are drawn from a text, the same ones every time, and no more than it could have side by side. They are cut as
 * those that train: a model that has read nothing but whole windows makes little of shorter ones.
 */
function windowsOf(text: Corpus, {cut, most}: Pick<Preset, 'cut'> & {most: number}): ReversedWordsPair[] {
  const pairs = new ReversedWords(text, {windowLength, cut, seed: 1});
  return Array.from({length: Math.min(most, Math.ceil(text.length / windowLength))}, () => pairs.next());
}

function printPoint(screen: Screen, point: HistoryPoint, steps: number): void {
  const {bold, cyan, dim} = screen.colours;
  const parts = [
    bold(`step ${grouped(point.step).padStart(grouped(steps).length)}`),
    `loss ${point.loss.toFixed(3)}`,
    `validation perplexity ${cyan(point.validationPerplexity.toFixed(3).padStart(6))}`,
    `words right ${cyan(percent(point.wordsRight).padStart(8))}`,
    dim(`${sentence} → `) + point.made,
  ];
  screen.line(parts.join('  '));
}

/** `99.63 %` */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
