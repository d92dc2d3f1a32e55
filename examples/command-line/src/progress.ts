import {brief, duration, grouped} from './figures';

/** Where a training is at a moment. */
export interface Moment {
  /** Steps done. */
  step: number;
  steps: number;
  loss: number;
  charactersASecond: number;
  secondsLeft: number;
}

/** Where a training of so many steps is, from a clock and the steps of this sitting. */
export class Pace {
  readonly #startedAt: number;

  constructor(
    private readonly options: {steps: number; firstStep: number; charactersAStep: number; now?: () => number},
  ) {
    this.#startedAt = this.#now();
  }

  /** Of this sitting, validation and samples included. */
  get seconds(): number {
    return (this.#now() - this.#startedAt) / 1000;
  }

  at(step: number): Omit<Moment, 'loss'> {
    const {steps, firstStep, charactersAStep} = this.options;
    const done = step - firstStep;
    const {seconds} = this;
    return {
      step,
      steps,
      charactersASecond: seconds > 0 ? (done * charactersAStep) / seconds : 0,
      secondsLeft: done > 0 ? (seconds / done) * (steps - step) : 0,
    };
  }

  #now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }
}

/**
 * The line that is rewritten as training goes. Where the terminal is narrow, what matters least is left out.
 */
export function progressLine(moment: Moment, width: number): string {
  const step = `step ${grouped(moment.step)}/${grouped(moment.steps)}`;
  const loss = `loss ${moment.loss.toFixed(3)}`;
  const perplexity = `perplexity ${Math.exp(moment.loss).toFixed(2)}`;
  const speed = `${brief(moment.charactersASecond)} characters/s`;
  const left = `${duration(moment.secondsLeft)} left`;
  const shorter = [
    [step, loss, perplexity, speed, left],
    [step, loss, perplexity, left],
    [step, loss, left],
    [step, loss],
    [step],
  ].map((parts) => parts.join('  '));
  return shorter.find((line) => line.length <= width) ?? shorter.at(-1)!;
}
