import {getBackend, type Tensor} from '@tensorflow/tfjs-core';
import {isComposed} from './configuration';
import type {LanguageModel} from './language-model';

/** Multiply-adds of a pass over known symbols: 4 to 20 ms on one core of a laptop, so that a page can go on between two. */
const passWork = 8e6;

/** What a step costs beside its products, in multiply-adds: by a kernel, and as some twenty operations of tfjs. */
const [kernelStep, composedStep] = [4e3, 4e5];

/** How many steps of so many streams a pass over known symbols has; the same in every run, because sums depend on it. */
export function stepsPerPass({configuration, parameters}: LanguageModel, streams: number): number {
  const {hiddenSizes, projectionSize} = configuration;
  let weights = Object.values(parameters).reduce((sum, {size}: Tensor) => sum + size, 0);
  // A projection is folded into a recurrent kernel of [H, 4H].
  if (projectionSize) for (const size of hiddenSizes) weights += 4 * size * Math.max(0, size - projectionSize);
  const step = isComposed(configuration) ? composedStep : kernelStep;
  return Math.max(1, Math.floor(passWork / (streams * weights + step)));
}

/** Milliseconds for which a model writes before a page may have its turn. */
const passTime = 10;

/** How many times longer than the last a pass is at most: one that a clock of whole milliseconds saw take none lasts 16. */
const growth = 16;

/** Steps of the first pass where the model is not too large: few, for on some backends a step is many operations. */
const firstSteps = 16;

/** What a model's last pass taught: it holds for as many streams on the same backend. */
const learnt = new WeakMap<LanguageModel, {of: string; steps: number}>();

/** How many steps to write at a time, learnt from how long they take: what a step draws does not depend on it. */
export class WritingPace {
  readonly #model: LanguageModel;
  readonly #of: string;
  #steps: number;
  #pass = 0;
  #start = 0;

  constructor(model: LanguageModel, streams: number) {
    this.#model = model;
    this.#of = `${streams} on ${getBackend()}`;
    const known = learnt.get(model);
    this.#steps = known?.of === this.#of ? known.steps : Math.min(firstSteps, stepsPerPass(model, streams));
  }

  /** Begins a pass of so many steps, or of as many as are left. */
  next(left: number): number {
    this.#start = performance.now();
    this.#pass = Math.min(this.#steps, left);
    return this.#pass;
  }

  /** Ends it. One that was short because little was left teaches nothing, unless it was long all the same. */
  done(): void {
    const took = performance.now() - this.#start;
    if (this.#pass < this.#steps && took < passTime) return;
    this.#steps = Math.max(1, Math.min(growth * this.#pass, Math.floor((this.#pass * passTime) / took)));
    learnt.set(this.#model, {of: this.#of, steps: this.#steps});
  }
}
