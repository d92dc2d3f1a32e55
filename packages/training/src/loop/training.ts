import type {SparseRows} from '@gatefold/gpu-kernels';
import {dispose, type Scalar, type Tensor, type Variable} from '@tensorflow/tfjs-core';
import type {Checkpoint} from '../checkpoint/checkpoint';
import {isJSONObject, type JSONObject} from '../checkpoint/json';
import type {StoredTensor} from '../checkpoint/safetensors';
import {restoreTensors, storeTensors} from '../checkpoint/stored-tensors';
import {CheckpointError} from '../errors/checkpoint-error';
import {NonFiniteError} from '../errors/non-finite-error';
import {Optimizer, type OptimizerSettings} from '../optimizer/optimizer';
import {expectKnownOptions} from '../options/expect-known-options';
import {BestParameters, type EarlyStopping} from './early-stopping';
import {meanGradient} from './mean-gradient';
import {Pause} from './pause';
import type {Evaluation, TrainingEvent} from './training-event';

/** A model as the training loop sees it. */
export interface Trainable<Batch> {
  /** The variables to train, by name. */
  readonly parameters: Readonly<Record<string, Variable>>;
  /**
   * The mean loss of a batch, a scalar in nats; called under the gradient tape. May carry state to the next batch. Of a
   * parameter that it only looks up (`embeddingLookup`) no row is read or changed but those of the batch.
   *
   * @param step the batches read before, those of a resumed checkpoint included: a seed for what differs by batch, as
   *   dropout. Without gradient accumulation, the steps run before.
   */
  loss(batch: Batch, step: number): Scalar;
  /** What `loss` carries from batch to batch; the tensors stay the model's own. */
  carriedState?(): Readonly<Record<string, Tensor>>;
  /** Puts back what `carriedState` gave; throws a CheckpointError where it does not fit. */
  restoreCarriedState?(state: Readonly<Record<string, StoredTensor>>): void;
  /** The model alone: its kind, configuration and parameters. */
  checkpoint(): Promise<Checkpoint>;
}

/** An endless source of batches that can say where it is. */
export interface Batches<Batch> {
  next(): Batch;
  state(): JSONObject;
  restore(state: JSONObject): void;
}

export interface TrainingOptions<Validation = Evaluation> {
  /** How many steps in all, those of a resumed checkpoint included. */
  steps: number;
  optimizer: OptimizerSettings;
  /** Where given, all gradients together are scaled down to at most this norm. */
  clipNorm?: number;
  /**
   * How many batches make one step, their gradients averaged: of n batches of one size that of a batch n times as large,
   * in the memory of one; a page has its turn between two of them. Default 1.
   */
  accumulate?: number;
  /** Steps between two reports; default 100. */
  reportEvery?: number;
  /** Run at every report. */
  validate?: () => Promise<Validation>;
  /** Stops when the validation no longer gets better, and keeps the best parameters for `restoreBest`. */
  earlyStopping?: EarlyStopping<Validation>;
  /** Steps between two events that carry a checkpoint; none where it is left out. */
  checkpointEvery?: number;
  /** Stops after the step under way; the training can then be checkpointed, or iterated again to go on. */
  signal?: AbortSignal;
  /** A checkpoint of `Training.checkpoint`, to go on from as if never interrupted. */
  resume?: Checkpoint;
}

/** The names of the options of a training, for `expectKnownOptions`. */
export const trainingOptions: Readonly<Record<keyof TrainingOptions, true>> = {
  ...{steps: true, optimizer: true, clipNorm: true, accumulate: true, reportEvery: true, validate: true},
  ...{earlyStopping: true, checkpointEvery: true, signal: true, resume: true},
};

/**
 * A training run: iterate over it to make it go, and take a checkpoint of it whenever it stands still.
 *
 * @example
 * const training = new Training(model, batches, {steps: 7001, optimizer: {kind: 'sgd', learningRate: 1}});
 * for await (const event of training) if (event.kind === 'report') console.log(event.step, event.loss);
 * await writeCheckpoint('run/checkpoint', await training.checkpoint());
 *
 * Every step makes one forward and one backward pass and one optimizer step, reads the loss back, and disposes of what
 * it made. The event loop gets a turn at least every 30 ms or so of batches; a batch that takes longer blocks a page for as
 * long, on backends that compute where they are called (cpu, wasm): make it smaller and `accumulate`, or train in a worker.
 */
export class Training<Batch, Validation = Evaluation> implements AsyncIterable<TrainingEvent<Validation>> {
  readonly #model: Trainable<Batch>;
  readonly #batches: Batches<Batch>;
  readonly #options: TrainingOptions<Validation>;
  readonly #optimizer: Optimizer;
  readonly #best: BestParameters<Validation> | undefined;
  readonly #pause = new Pause();
  #step = 0;
  #lossSum = 0;
  #lossCount = 0;

  /**
   * @throws RangeError where an option is unknown, a count is not a whole number above 0, or there is nothing to validate for
   *   early stopping.
   * @throws CheckpointError where `resume` was made by a training of another model or optimizer.
   */
  constructor(model: Trainable<Batch>, batches: Batches<Batch>, options: TrainingOptions<Validation>) {
    expectKnownOptions('A training', options, trainingOptions);
    for (const [name, value] of [
      ['steps', options.steps],
      ['reportEvery', options.reportEvery ?? 1],
      ['accumulate', options.accumulate ?? 1],
      ['checkpointEvery', options.checkpointEvery ?? 1],
    ] as const) {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw new RangeError(`${name} is ${value}, expected a whole number above 0.`);
      }
    }
    const {earlyStopping} = options;
    if (earlyStopping && !options.validate) {
      throw new RangeError('There is nothing to stop early by: give the training something to validate on.');
    }
    this.#best = earlyStopping && new BestParameters(model.parameters, earlyStopping);
    this.#model = model;
    this.#batches = batches;
    this.#options = options;
    this.#optimizer = new Optimizer(model.parameters, options.optimizer);
    try {
      if (options.resume) this.#restore(options.resume);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** How many steps have been run. */
  get step(): number {
    return this.#step;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingEvent<Validation>, void, undefined> {
    const {steps, reportEvery = 100, checkpointEvery, validate, signal} = this.#options;
    const stopReason = (): 'finished' | 'aborted' | 'early stopping' | undefined => {
      if (this.#best?.outOfPatience) return 'early stopping';
      if (this.#step >= steps) return 'finished';
      return signal?.aborted ? 'aborted' : undefined;
    };
    let reason = stopReason();
    while (!reason) {
      const step = this.#step;
      const learningRate = this.#optimizer.schedule.rateAt(step);
      const {loss, gradientNorm} = await this.#run();
      this.#lossSum += loss;
      this.#lossCount += 1;
      this.#step += 1;
      const due = step % reportEvery === 0 || this.#step === steps;
      const meanLoss = this.#lossSum / this.#lossCount;
      if (due) {
        this.#optimizer.schedule.report?.(meanLoss);
        this.#lossSum = 0;
        this.#lossCount = 0;
      }
      // Before anything is told, so that a checkpoint taken at the step holds what its report came to.
      const validation = due && validate ? await validate() : undefined;
      const best = validation !== undefined && this.#best && {best: await this.#best.report(step, validation)};
      yield {kind: 'step', step, loss, learningRate, gradientNorm};
      if (due) {
        const validated = validation !== undefined && {validation, ...best};
        yield {kind: 'report', step, loss: meanLoss, perplexity: Math.exp(loss), learningRate, ...validated};
      }
      await this.#pause.whenDue();
      reason = stopReason();
      if (checkpointEvery && (reason || this.#step % checkpointEvery === 0)) {
        yield {kind: 'checkpoint', step: this.#step, checkpoint: await this.checkpoint()};
        reason ??= stopReason(); // the signal may have been given meanwhile
      }
    }
    yield {kind: 'stopped', step: this.#step, reason};
  }

  /** The losses of the batches of a step, each batch read when its turn comes. */
  *#losses(): Generator<() => Scalar> {
    const {accumulate = 1} = this.#options;
    for (let index = 0; index < accumulate; index++) {
      const batch = this.#batches.next();
      yield () => this.#model.loss(batch, this.#step * accumulate + index);
    }
  }

  /** One step: the gradient of the loss of its batches, applied. */
  async #run(): Promise<{loss: number; gradientNorm: number}> {
    const {parameters} = this.#model;
    const {value, gradients: list} = await meanGradient(this.#losses(), Object.values(parameters), this.#pause);
    const gradients = Object.fromEntries(Object.keys(parameters).map((name, index) => [name, list[index]!]));
    const norm = this.#optimizer.apply(gradients, {step: this.#step, clipNorm: this.#options.clipNorm});
    try {
      // Both asked for before either is waited for: a GPU answers them together.
      const read = await Promise.all([value.data(), norm.data()]);
      const [loss, gradientNorm] = read.map(([number]) => number) as [number, number];
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
        throw new NonFiniteError(this.#step, await firstNonFinite(gradients), loss);
      }
      return {loss, gradientNorm};
    } finally {
      dispose([value, norm, list]);
    }
  }

  /**
   * Everything that goes on: parameters, optimizer, learning rate, position in the text, carried state, and `extra`, any
   * JSON of the caller's. A training resumed from it ends with the same numbers, bit for bit.
   */
  async checkpoint(extra?: JSONObject): Promise<Checkpoint> {
    const model = await this.#model.checkpoint();
    const training = {
      step: this.#step,
      lossSum: this.#lossSum,
      lossCount: this.#lossCount,
      optimizer: this.#options.optimizer.kind,
      schedule: this.#optimizer.schedule.state(),
      batches: this.#batches.state(),
      ...(this.#best && {earlyStopping: this.#best.state()}),
    };
    return {
      kind: model.kind,
      state: {...model.state, training, ...(extra && {extra})},
      tensors: {
        ...model.tensors,
        ...(await storeTensors('optimizer', this.#optimizer.state)),
        ...(await storeTensors('carried', this.#model.carriedState?.() ?? {})),
        ...this.#best?.tensors,
      },
    };
  }

  #restore({state, tensors}: Checkpoint): void {
    if (!isJSONObject(state)) {
      throw new CheckpointError('`resume` is no checkpoint, expected what `readCheckpoint(folder)` gives.');
    }
    const {training} = state;
    if (!isJSONObject(training)) throw new CheckpointError('This checkpoint holds a model but no training to resume.');
    const {step, lossSum, lossCount, optimizer, schedule, batches, earlyStopping} = training;
    const {kind} = this.#options.optimizer;
    const counts = [step, lossSum, lossCount];
    if (!counts.every(Number.isFinite) || !isJSONObject(schedule) || !isJSONObject(batches)) {
      throw new CheckpointError(
        'The training in this checkpoint lacks its step, loss, schedule or batches: it is not whole.',
      );
    }
    if (optimizer !== kind) {
      throw new CheckpointError(`This checkpoint was trained with ${optimizer}, and cannot be resumed with ${kind}.`);
    }
    restoreTensors('optimizer', tensors, this.#optimizer.state);
    if (isJSONObject(earlyStopping)) this.#best?.restore(earlyStopping, tensors);
    const prefix = 'carried/';
    const carried = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
    this.#model.restoreCarriedState?.(
      Object.fromEntries(carried.map(([name, stored]) => [name.slice(prefix.length), stored])),
    );
    this.#optimizer.schedule.restore(schedule);
    this.#batches.restore(batches);
    this.#step = step as number;
    this.#lossSum = lossSum as number;
    this.#lossCount = lossCount as number;
  }

  /**
   * Puts the parameters that validated best back into the model, once the training is over: it would go on from them with
   * an optimizer that has moved on. Without `earlyStopping`, or before its first report, it does nothing.
   *
   * @returns the step of the report they are of.
   */
  restoreBest(): number | undefined {
    this.#best?.restoreParameters();
    return this.#best?.step;
  }

  /** Lets go of the optimizer's state; the model is the caller's. */
  dispose(): void {
    this.#optimizer.dispose();
  }
}

async function firstNonFinite(gradients: Readonly<Record<string, Tensor | SparseRows>>): Promise<string | undefined> {
  for (const [name, gradient] of Object.entries(gradients)) {
    const values = 'values' in gradient ? gradient.values : gradient;
    if ((await values.data()).some((value) => !Number.isFinite(value))) return name;
  }
  return undefined;
}
