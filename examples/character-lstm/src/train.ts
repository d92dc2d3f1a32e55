import {
  downloadLine,
  identityOf,
  loadChosenCorpus,
  Pace,
  progressLine,
  type Screen,
  UserError,
  writeWhole,
} from '@gatefold/example-command-line';
import {useBackend} from '@gatefold/gpu-kernels';
import {LanguageModel} from '@gatefold/lstm';
import {tensorBoardMetrics, withMetrics} from '@gatefold/training';
import {enableProdMode} from '@tensorflow/tfjs-core';
import {exercise} from './exercise';
import {learningRateOf} from './learning-rate';
import type {Options} from './options';
import {partSizes} from './part-sizes';
import {programs} from './programs';
import {printPoint, printSamples} from './progress';
import {reportPage} from './report/page';
import {curvesPNG} from './report/png';
import {measurementOf, type Result, resultOf} from './result';
import type {Run} from './run';
import {sampleSentences} from './samples';
import {printHeading} from './summary';
import {symbolsOf} from './symbols';

/**
 * The whole exercise: text, model, training with its reports and samples, figures, files.
 *
 * @throws the signal's reason where it was stopped; what was trained by then is in the checkpoint.
 */
export async function train(
  run: Run,
  screen: Screen,
  {signal, threads, tensorBoard}: {signal: AbortSignal} & Pick<Options, 'threads' | 'tensorBoard'>,
): Promise<Result> {
  const {settings, files, history} = run;
  enableProdMode();
  if (settings.program === 'four-gates') await import('@tensorflow/tfjs'); // the gradients of plain operations
  await useBackend(settings.backend, settings.backend === 'wasm' && threads > 1 ? {threads} : {});
  const corpus = await loadChosenCorpus(settings.corpus, {
    signal,
    onProgress: (progress) => screen.live(() => downloadLine(progress)),
  });
  screen.endLive();
  signal.throwIfAborted();
  run.useCorpus(identityOf(corpus));
  const parts = corpus.split(partSizes(corpus));
  printHeading(screen, run, corpus, parts);

  const program = programs[settings.program];
  const {batchSize, sequenceLength, clipNorm} = program;
  const {reportEvery, sampleEvery} = exercise;
  const symbols = symbolsOf(program);
  const {vocabulary, charactersPerSymbol} = symbols;
  const validation = vocabulary.encode(parts.validation);
  const model = run.checkpoint
    ? LanguageModel.fromCheckpoint(run.checkpoint)
    : new LanguageModel({
        vocabularySize: vocabulary.size,
        hiddenSizes: [settings.hiddenSize],
        seed: settings.seed,
        ...program.model,
      });
  const training = model.fit(symbols.batches(parts.train, {batchSize, sequenceLength}), {
    steps: settings.steps,
    optimizer: {kind: settings.optimizer, learningRate: learningRateOf(settings)},
    clipNorm,
    reportEvery,
    validation,
    charactersPerSymbol,
    signal,
    resume: run.checkpoint,
    ...(settings.earlyStopping && {earlyStopping: {patience: settings.earlyStopping}}),
  });

  const pace = new Pace({
    steps: settings.steps,
    firstStep: training.step,
    charactersAStep: batchSize * sequenceLength * charactersPerSymbol,
  });
  for await (const event of withMetrics(training, tensorBoard ? [tensorBoardMetrics(files.folder)] : [])) {
    if (event.kind === 'step') {
      screen.live(() =>
        progressLine({...pace.at(event.step + 1), loss: event.loss / charactersPerSymbol}, screen.width),
      );
    } else if (event.kind === 'report') {
      const {step, loss, perplexity, learningRate} = event;
      const point = {
        step,
        loss: loss / charactersPerSymbol,
        perplexity: perplexity ** (1 / charactersPerSymbol),
        validationPerplexity: event.validation!.perplexityPerCharacter,
        learningRate,
      };
      if (!Number.isFinite(point.perplexity + point.validationPerplexity)) {
        screen.endLive();
        throw new UserError(
          `The training diverges: at step ${step} its perplexity is beyond all numbers. ` +
            `Take a smaller --learning-rate; this one is ${learningRate}.`,
        );
      }
      history.points.push(point);
      printPoint(screen, point, pace.at(step + 1));
      const last = training.step === settings.steps;
      if (step % sampleEvery === 0 || last) {
        const samples = await sampleSentences(model, {symbols, seed: settings.seed, step});
        history.samples.push(samples);
        printSamples(screen, samples);
        if (step > 0 && !last) await run.save(training, pace.seconds);
      }
    }
  }
  screen.endLive();
  if (training.step < settings.steps && !signal.aborted)
    screen.line('Validation no longer gets better: stopped early.');
  if (training.step > run.stepsSaved) await run.save(training, pace.seconds);
  signal.throwIfAborted();

  const best = training.restoreBest();
  if (best !== undefined) screen.line(`Taking the parameters of step ${best}, which validated best.`);
  screen.line('Measuring on the held-out text.');
  const result = resultOf(run.record, {
    validation: measurementOf(parts.validation, await model.evaluate(validation, {charactersPerSymbol, signal})),
    heldOut: measurementOf(
      parts.heldOut,
      await model.evaluate(vocabulary.encode(parts.heldOut), {charactersPerSymbol, signal}),
    ),
  });
  await writeWhole(files.report, reportPage(result, history.samples));
  await writeWhole(files.curves, curvesPNG(result.history));
  await writeWhole(files.result, `${JSON.stringify(result, null, 2)}\n`); // last: it marks the run as finished
  return result;
}
