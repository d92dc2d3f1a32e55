// Trains the classic character LSTM on real text, and leaves a checkpoint, a report, its curves and its figures.
import {BackendError, useBackend} from '@gatefold/gpu-kernels';
import {LanguageModel} from '@gatefold/lstm';
import {CharacterVocabulary, CorpusError, SequenceBatches} from '@gatefold/text8-data';
import {CheckpointError, exponentialDecay, NonFiniteError} from '@gatefold/training';
import {enableProdMode} from '@tensorflow/tfjs-core';
import {identityOf, loadChosenCorpus, partSizes} from './corpus-choice';
import {exercise} from './exercise';
import {Interruption} from './interruption';
import {type Options, parseOptions, usage} from './options';
import {OutputFolder} from './output-folder';
import {downloadLine, Pace, printPoint, printSamples, progressLine} from './progress';
import {curvesPNG} from './report/png';
import {reportPage} from './report/page';
import {measurementOf, resultOf} from './result';
import {chooseRun, type Run} from './run';
import {sampleSentences} from './samples';
import {Screen} from './screen';
import {printHeading, printResult, printStopped} from './summary';
import {UserError} from './user-error';
import {writeWhole} from './write-whole';

const interruption = new Interruption();
const screen = new Screen(process.stdout, process.env);

async function train(options: Options): Promise<void> {
  const {signal} = interruption;
  const files = new OutputFolder(options.output);
  const run = await chooseRun(options, files);
  if (run === 'finished') {
    screen.line(`The run in ${files.folder} has done all its steps. See ${files.report}, or ask for more with --steps.`);
    return;
  }
  await files.prepare();
  try {
    const {settings} = run;
    enableProdMode();
    await useBackend(settings.backend);

    const corpus = await loadChosenCorpus(settings.corpus, {
      signal,
      onProgress: (progress) => screen.live(() => downloadLine(progress)),
    });
    screen.endLive();
    run.expectCorpus(identityOf(corpus));
    const {validation, train, heldOut} = corpus.split(partSizes(corpus));
    printHeading(screen, run, {corpus, validation, heldOut});

    const vocabulary = new CharacterVocabulary();
    const {batchSize, sequenceLength, clipNorm, reportEvery, sampleEvery} = exercise;
    const model = run.checkpoint
      ? LanguageModel.fromCheckpoint(run.checkpoint)
      : new LanguageModel({vocabularySize: vocabulary.size, hiddenSizes: [settings.hiddenSize], seed: settings.seed});
    const training = model.fit(new SequenceBatches(train, {vocabulary, batchSize, sequenceLength}), {
      steps: settings.steps,
      optimizer: {kind: 'sgd', learningRate: exponentialDecay(exercise.learningRate)},
      clipNorm,
      reportEvery,
      validation: vocabulary.encode(validation),
      signal,
      resume: run.checkpoint,
    });

    const pace = new Pace({steps: settings.steps, firstStep: training.step, charactersAStep: batchSize * sequenceLength});
    for await (const event of training) {
      if (event.kind === 'step') {
        const {step, loss} = event;
        screen.live(() => progressLine({...pace.at(step + 1), loss}, screen.width));
      } else if (event.kind === 'report') {
        const {step, loss, perplexity, learningRate} = event;
        const point = {step, loss, perplexity, validationPerplexity: event.validation!.perplexity, learningRate};
        run.history.points.push(point);
        printPoint(screen, point, pace.at(step + 1));
        const last = step === settings.steps - 1;
        if (step % sampleEvery === 0 || last) {
          const samples = await sampleSentences(model, {vocabulary, seed: settings.seed, step});
          run.history.samples.push(samples);
          printSamples(screen, samples);
        }
        if (step % sampleEvery === 0 && step > 0 && !last) await run.save(training, pace.seconds);
      }
    }
    screen.endLive();
    if (training.step > run.stepsSaved) await run.save(training, pace.seconds);
    signal.throwIfAborted();

    screen.live(() => `measuring on ${heldOut.length} held-out characters`);
    const result = resultOf(run.record, {
      validation: measurementOf(await model.evaluate(vocabulary.encode(validation), {signal})),
      heldOut: measurementOf(await model.evaluate(vocabulary.encode(heldOut), {signal})),
    });
    screen.endLive();
    await writeWhole(files.report, reportPage(result, run.history.samples));
    await writeWhole(files.curves, curvesPNG(result.history));
    await writeWhole(files.result, `${JSON.stringify(result, null, 2)}\n`);
    printResult(screen, result, files);
  } catch (error) {
    screen.endLive();
    if (error === signal.reason) printStopped(screen, run, options.output);
    else fail(error, run);
  }
}

/** Says what went wrong: to the user in a sentence where it is theirs to mend, else as a stack for us. */
function fail(error: unknown, run?: Run): void {
  const mendable = [BackendError, CheckpointError, CorpusError, NonFiniteError].some((kind) => kind.isInstance(error));
  if (error instanceof UserError || mendable) console.error((error as Error).message);
  else console.error(error);
  if (run && run.stepsSaved > 0) console.error(`The checkpoint after ${run.stepsSaved} steps stays in ${run.files.checkpoint}.`);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}

process.stdout.on('error', () => interruption.stop()); // nobody reads on: "| head" has had enough
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') screen.line(usage);
  else await train(options);
} catch (error) {
  fail(error);
}
if (interruption.signal.aborted) process.exitCode = interruption.exitCode;
