import type {Screen} from '@gatefold/example-command-line';
import type {Progress} from '@gatefold/text8-data';
import {brief, duration, grouped} from './figures';
import type {HistoryPoint, SampleSet} from './history';

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

  at(step: number): Pick<Moment, 'step' | 'steps' | 'charactersASecond' | 'secondsLeft'> {
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

/** Prints what one report says; where there is no live line, with the pace too. */
export function printPoint(
  screen: Screen,
  point: HistoryPoint,
  {steps, charactersASecond, secondsLeft}: Omit<Moment, 'loss'>,
): void {
  const step = grouped(point.step).padStart(grouped(steps).length);
  const parts = [
    screen.colours.bold(`step ${step}`),
    `loss ${point.loss.toFixed(3)}`,
    `perplexity ${point.perplexity.toFixed(2)}`,
    `validation ${screen.colours.cyan(point.validationPerplexity.toFixed(2))}`,
    `rate ${Number(point.learningRate.toPrecision(6))}`,
  ];
  if (!screen.interactive) {
    parts.push(`${brief(charactersASecond)} characters/s`, `${duration(secondsLeft)} left`);
  }
  screen.line(parts.join('  '));
}

/** Prints sentences one a line, as they are. */
export function printSamples(screen: Screen, {sentences}: SampleSet): void {
  screen.line();
  for (const sentence of sentences) screen.line(screen.colours.dim(sentence));
  screen.line();
}

/** How far a download is. */
export function downloadLine({received, total}: Progress): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return `downloading ${megabytes(received)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`;
}
