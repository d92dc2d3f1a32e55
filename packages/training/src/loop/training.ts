import {type SparseRows, valueAndGradients} from '@gatefold/gpu-kernels';
import {dispose, type Scalar, type Tensor, type Variable} from '@tensorflow/tfjs-core';
import type {Checkpoint} from '../checkpoint/checkpoint';
import {isJSONObject, type JSONObject} from '../checkpoint/json';
import type {StoredTensor} from '../checkpoint/safetensors';
import {restoreTensors, storeTensors} from '../checkpoint/stored-tensors';
import {CheckpointError} from '../errors/checkpoint-error';
import {NonFiniteError} from '../errors/non-finite-error';
import {Optimizer, type OptimizerSettings} from '../optimizer/optimizer';
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
   * @param step the steps run before, those of a resumed checkpoint included: a seed for what differs by step, as dropout.
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
  /** Steps between two reports; default 100. */
  reportEvery?: number;
  /** Run at every report. */
  validate?: () => Promise<Validation>;
  /** Stops after the step under way; the training can then be checkpointed, or iterated again to go on. */
  signal?: AbortSignal;
  /** A checkpoint of `Training.checkpoint`, to go on from as if never interrupted. */
  resume?: Checkpoint;
}

/**
 * A training run: iterate over it to make it go, and take a checkpoint of it whenever it stands still.
 *
 * @example
 * const training = new Training(model, batches, {steps: 7001, optimizer: {kind: 'sgd', learningRate: 1}});
 * for await (const event of training) if (event.kind === 'report') console.log(event.step, event.loss);
 * await writeCheckpoint('run/checkpoint', await training.checkpoint());
 *
 * Every step makes one forward and one backward pass and one optimizer step, reads the loss back, and disposes of what
 * it made. The event loop gets a turn at least every 30 ms or so of steps.
 */
export class Training<Batch, Validation = Evaluation> implements AsyncIterable<TrainingEvent<Validation>> {
  readonly #model: Trainable<Batch>;
  readonly #batches: Batches<Batch>;
  readonly #options: TrainingOptions<Validation>;
  readonly #optimizer: Optimizer;
  #step = 0;
  #lossSum = 0;
  #lossCount = 0;

  /**
   * @throws RangeError where `steps` or `reportEvery` is not a whole number above 0.
   * @throws CheckpointError where `resume` was made by a training of another model or optimizer.
   */
  constructor(model: Trainable<Batch>, batches: Batches<Batch>, options: TrainingOptions<Validation>) {
    for (const [name, value] of [
      ['steps', options.steps],
      ['reportEvery', options.reportEvery ?? 1],
    ] as const) {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw new RangeError(`${name} is ${value}, expected a whole number above 0.`);
      }
    }
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
    const {steps, reportEvery = 100, validate, signal} = this.#options;
    const pause = new Pause();
    while (this.#step < steps) {
      if (signal?.aborted) {
        yield {kind: 'stopped', step: this.#step, reason: 'aborted'};
        return;
      }
      const step = this.#step;
      const learningRate = this.#optimizer.schedule.rateAt(step);
      const {loss, gradientNorm} = await this.#run(this.#batches.next());
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
      yield {kind: 'step', step, loss, learningRate, gradientNorm};
      if (due) {
        const validation = validate && {validation: await validate()};
        yield {kind: 'report', step, loss: meanLoss, perplexity: Math.exp(loss), learningRate, ...validation};
      }
      await pause.whenDue();
    }
    yield {kind: 'stopped', step: this.#step, reason: 'finished'};
  }

  /** One step: the gradient of the batch's loss, applied. */
  async #run(batch: Batch): Promise<{loss: number; gradientNorm: number}> {
    const {parameters} = this.#model;
    const {value, gradients: list} = valueAndGradients(
      () => this.#model.loss(batch, this.#step),
      Object.values(parameters),
    );
    const gradients = Object.fromEntries(Object.keys(parameters).map((name, index) => [name, list[index]!]));
    const norm = this.#optimizer.apply(gradients, {step: this.#step, clipNorm: this.#options.clipNorm});
    try {
      const [loss, gradientNorm] = [(await value.data())[0]!, (await norm.data())[0]!];
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
    };
    return {
      kind: model.kind,
      state: {...model.state, training, ...(extra && {extra})},
      tensors: {
        ...model.tensors,
        ...(await storeTensors('optimizer', this.#optimizer.state)),
        ...(await storeTensors('carried', this.#model.carriedState?.() ?? {})),
      },
    };
  }

  #restore({state, tensors}: Checkpoint): void {
    const {training} = state;
    if (!isJSONObject(training)) throw new CheckpointError('This checkpoint holds a model but no training to resume.');
    const {step, lossSum, lossCount, optimizer, schedule, batches} = training;
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
