import {useBackend} from '@gatefold/gpu-kernels';
import {LanguageModel} from '@gatefold/lstm';
import {CharacterVocabulary, SequenceBatches} from '@gatefold/text8-data';
import {exponentialDecay} from '@gatefold/training';
import {enableProdMode} from '@tensorflow/tfjs-core';
import {identityOf, loadChosenCorpus, partSizes} from './corpus-choice';
import {exercise} from './exercise';
import {downloadLine, Pace, printPoint, printSamples, progressLine} from './progress';
import {reportPage} from './report/page';
import {curvesPNG} from './report/png';
import {measurementOf, type Result, resultOf} from './result';
import type {Run} from './run';
import {sampleSentences} from './samples';
import type {Screen} from './screen';
import {printHeading} from './summary';
import {writeWhole} from './write-whole';

/**
 * The whole exercise: text, model, training with its reports and samples, figures, files.
 *
 * @throws the signal's reason where it was stopped; what was trained by then is in the checkpoint.
 */
export async function train(run: Run, screen: Screen, signal: AbortSignal): Promise<Result> {
  const {settings, files, history} = run;
  enableProdMode();
  await useBackend(settings.backend);
  const corpus = await loadChosenCorpus(settings.corpus, {
    signal,
    onProgress: (progress) => screen.live(() => downloadLine(progress)),
  });
  screen.endLive();
  signal.throwIfAborted();
  run.useCorpus(identityOf(corpus));
  const parts = corpus.split(partSizes(corpus));
  printHeading(screen, run, corpus, parts);

  const vocabulary = new CharacterVocabulary();
  const validation = vocabulary.encode(parts.validation);
  const {batchSize, sequenceLength, clipNorm, reportEvery, sampleEvery} = exercise;
  const model = run.checkpoint
    ? LanguageModel.fromCheckpoint(run.checkpoint)
    : new LanguageModel({vocabularySize: vocabulary.size, hiddenSizes: [settings.hiddenSize], seed: settings.seed});
  const training = model.fit(new SequenceBatches(parts.train, {vocabulary, batchSize, sequenceLength}), {
    steps: settings.steps,
    optimizer: {kind: 'sgd', learningRate: exponentialDecay(exercise.learningRate)},
    clipNorm,
    reportEvery,
    validation,
    signal,
    resume: run.checkpoint,
  });

  const pace = new Pace({steps: settings.steps, firstStep: training.step, charactersAStep: batchSize * sequenceLength});
  for await (const event of training) {
    if (event.kind === 'step') {
      screen.live(() => progressLine({...pace.at(event.step + 1), loss: event.loss}, screen.width));
    } else if (event.kind === 'report') {
      const {step, loss, perplexity, learningRate} = event;
      const point = {step, loss, perplexity, validationPerplexity: event.validation!.perplexity, learningRate};
      history.points.push(point);
      printPoint(screen, point, pace.at(step + 1));
      const last = training.step === settings.steps;
      if (step % sampleEvery === 0 || last) {
        const samples = await sampleSentences(model, {vocabulary, seed: settings.seed, step});
        history.samples.push(samples);
        printSamples(screen, samples);
        if (step > 0 && !last) await run.save(training, pace.seconds);
      }
    }
  }
  screen.endLive();
  if (training.step > run.stepsSaved) await run.save(training, pace.seconds);
  signal.throwIfAborted();

  screen.line('Measuring on the held-out text.');
  const result = resultOf(run.record, {
    validation: measurementOf(await model.evaluate(validation, {signal})),
    heldOut: measurementOf(await model.evaluate(vocabulary.encode(parts.heldOut), {signal})),
  });
  await writeWhole(files.report, reportPage(result, history.samples));
  await writeWhole(files.curves, curvesPNG(result.history));
  await writeWhole(files.result, `${JSON.stringify(result, null, 2)}\n`); // last: it marks the run as finished
  return result;
}
