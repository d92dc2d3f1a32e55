import {brief, duration, grouped, type Moment, type Screen} from '@gatefold/example-command-line';
import type {HistoryPoint, SampleSet} from './history';

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
