import {access, constants, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {type BackendName, useBackend} from '@gatefold/gpu-kernels';
import {LanguageModel} from '@gatefold/lstm';
import {CharacterVocabulary, type Corpus, SequenceBatches} from '@gatefold/text8-data';
import {type Checkpoint, exponentialDecay, readCheckpoint, type Training, writeCheckpoint} from '@gatefold/training';
import {version_core} from '@tensorflow/tfjs';
import {chooseCorpus, heldOutSize} from './choose-corpus';
import {defaults, type Options, UsageError} from './options';
import {type Progress, progressLine, reportLine} from './progress';
import {drawCurves, stackCurves} from './report/curves';
import {renderPNG} from './report/png';
import {renderReport} from './report/report';
import {figures, type Result, resultLines} from './result';
import {emptyHistory, type History, type RunRecord, type Settings, toJSON} from './run-record';
import {writeWhole} from './write-whole';

const batchSize = 64;
const sequenceLength = 10;
const sampleEvery = 1000;
const vocabulary = new CharacterVocabulary();

/** The whole exercise. @returns whether it was finished, or stopped by the signal with a checkpoint to go on from. */
export async function train(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<'finished' | 'stopped'> {
  await prepareFolder(options.output);
  const folder = path.join(options.output, 'checkpoint');
  const checkpoint = options.resume ? await readCheckpoint(folder) : undefined;
  const record = checkpoint ? resumedRecord(checkpoint, options) : newRecord(options);
  const {settings, history} = record;

  const backend = await useBackend(options.backend as BackendName);
  const corpus = await chooseCorpus(settings.corpus, {signal, onProgress: (line) => progress.show(line)});
  if (checkpoint && corpus.length !== settings.characters) {
    throw new UsageError(
      `The run in ${options.output} is of a text of ${settings.characters} characters, this one has ${corpus.length}.`,
    );
  }
  settings.characters = corpus.length;
  const {validation, train, heldOut} = splitCorpus(corpus);
  const batches = new SequenceBatches(train, {vocabulary, batchSize, sequenceLength});
  const validationIds = vocabulary.encode(validation);

  const model = checkpoint
    ? LanguageModel.fromCheckpoint(checkpoint)
    : new LanguageModel({vocabularySize: vocabulary.size, hiddenSizes: [settings.hiddenSize], seed: settings.seed});
  const done = checkpoint ? (checkpoint.state.training as {step: number}).step : 0;
  const steps = Math.max(options.steps ?? defaults.steps, done);
  const training = model.fit(batches, {
    steps,
    optimizer: {kind: 'sgd', learningRate: exponentialDecay({initial: 10, factor: 0.1, every: 5000})},
    clipNorm: 1.25,
    reportEvery: 100,
    validation: validationIds,
    signal,
    resume: checkpoint,
  });
  progress.say(
    `${corpus.name}, ${corpus.length.toLocaleString('en')} characters (${heldOut.length.toLocaleString('en')} held out); ` +
      `LSTM ${settings.hiddenSize}, seed ${settings.seed}, backend ${backend.name}`,
  );
  if (checkpoint) progress.say(`going on after ${done} steps`);
  progress.say();

  const reason = await follow(training, {steps, model, record, progress, folder});
  await writeCheckpoint(folder, await training.checkpoint(toJSON(record)));
  training.dispose();
  if (reason === 'aborted') return 'stopped';

  progress.say();
  progress.show(`reading ${heldOut.length.toLocaleString('en')} held-out characters`);
  const result: Result = {
    corpus: corpus.name,
    characters: corpus.length,
    steps: training.step,
    seconds: history.seconds,
    seed: settings.seed,
    hiddenSize: settings.hiddenSize,
    backend: backend.name,
    validation: figures(await model.evaluate(validationIds)),
    heldOut: figures(await model.evaluate(vocabulary.encode(heldOut), {signal})),
    versions: {node: process.versions.node, 'TensorFlow.js': version_core},
  };
  model.dispose();
  await writeResults(options.output, result, history);
  for (const line of resultLines(result)) progress.say(line);
  progress.say();
  progress.say(`in ${options.output}: report.html, curves.png, result.json, checkpoint/`);
  return 'finished';
}

interface Run {
  steps: number;
  model: LanguageModel;
  record: RunRecord;
  progress: Progress;
  folder: string;
}

/** Drives the training, keeps its history, and says how it goes. */
async function follow(training: Training<unknown>, run: Run): Promise<'finished' | 'aborted'> {
  const {steps, model, record, progress, folder} = run;
  const {history, settings} = record;
  const begun = performance.now() - 1000 * history.seconds;
  const first = training.step;
  const start = performance.now();
  for await (const event of training) {
    history.seconds = (performance.now() - begun) / 1000;
    if (event.kind === 'stopped') return event.reason;
    const perStep = (performance.now() - start) / 1000 / (event.step + 1 - first);
    const pace = {
      charactersPerSecond: (batchSize * sequenceLength) / perStep,
      secondsLeft: perStep * (steps - 1 - event.step),
    };
    if (event.kind === 'step') {
      progress.show(progressLine({step: event.step, steps, loss: event.loss, ...pace}));
      continue;
    }
    const {step, loss, perplexity, learningRate, validation} = event;
    history.training.push({step, loss, perplexity, learningRate});
    if (validation) history.validation.push({step, perplexity: validation.perplexity});
    progress.say(reportLine({...event, validationPerplexity: validation?.perplexity}, pace));
    if (step % sampleEvery === 0) {
      const sentences = await sampleSentences(model, settings.seed, step);
      history.samples.push({step, sentences});
      progress.say(['', ...sentences.map((sentence) => `  ${sentence}`), ''].join('\n'));
      if (step > 0) await writeCheckpoint(folder, await training.checkpoint(toJSON(record)));
    }
  }
  return 'finished';
}

/** Five sentences of 80 characters, each from a random first one; the same for the same seed and step. */
async function sampleSentences(model: LanguageModel, seed: number, step: number): Promise<string[]> {
  const sentences: string[] = [];
  for (let index = 0; index < 5; index++) {
    sentences.push(
      vocabulary.decode(await model.generate({length: 80, seed: (seed * 1_000_003 + step * 5 + index) | 0})),
    );
  }
  return sentences;
}

function splitCorpus(corpus: Corpus): ReturnType<Corpus['split']> {
  return corpus.split({validationSize: 1000, heldOutSize: heldOutSize(corpus)});
}

function newRecord({corpus, hiddenSize, seed}: Options): RunRecord {
  const settings = {
    corpus: corpus ?? defaults.corpus,
    characters: 0,
    hiddenSize: hiddenSize ?? defaults.hiddenSize,
    seed: seed ?? defaults.seed,
  };
  return {settings, history: emptyHistory()};
}

/** The record of the run to go on with; an option that says otherwise is refused. */
function resumedRecord({state}: Checkpoint, options: Options): RunRecord {
  const record = state.extra as unknown as RunRecord | undefined;
  if (!record?.settings || !record.history) {
    throw new UsageError(`The checkpoint in ${options.output} is not of this example.`);
  }
  for (const name of ['corpus', 'hiddenSize', 'seed'] as const satisfies (keyof Settings)[]) {
    if (options[name] !== undefined && options[name] !== record.settings[name]) {
      throw new UsageError(
        `The run in ${options.output} has ${name} ${record.settings[name]}, not ${options[name]}. ` +
          'Leave the option out to go on with it, or choose another --output for a new run.',
      );
    }
  }
  return structuredClone(record);
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true});
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UsageError(`Nothing can be written to ${folder}: ${(error as Error).message}. Choose another --output.`);
  }
}

async function writeResults(folder: string, result: Result, history: History): Promise<void> {
  const curves = drawCurves(history);
  await writeWhole(path.join(folder, 'report.html'), renderReport(result, history, curves));
  await writeWhole(path.join(folder, 'curves.png'), renderPNG(stackCurves(curves)));
  await writeWhole(path.join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
}
