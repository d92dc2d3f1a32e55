import {curve, type Series} from '@gatefold/example-command-line';
import type {HistoryPoint} from '../history';

/** CSS colours. In a page they can be variables, which follow its light or dark scheme. */
export interface CurveColours {
  /** Text, axes, grid. */
  ink: string;
  /** What the model is trained on. */
  training: string;
  /** What it is not. */
  validation: string;
}

/** The curves of a run, each an SVG element as text: the loss, and the perplexity on a logarithmic scale. */
export function curves(points: readonly HistoryPoint[], colours: CurveColours): {loss: string; perplexity: string} {
  const series = (name: string, colour: string, value: (point: HistoryPoint) => number): Series => ({
    name,
    colour,
    points: points.map((point) => ({step: point.step, value: value(point)})),
  });
  return {
    loss: curve({
      label: 'loss, nats a character',
      scale: 'linear',
      ink: colours.ink,
      series: [series('training, mean of 100 steps', colours.training, ({loss}) => loss)],
    }),
    perplexity: curve({
      label: 'perplexity',
      scale: 'log',
      ink: colours.ink,
      series: [
        series('minibatch', colours.training, ({perplexity}) => perplexity),
        series('validation', colours.validation, ({validationPerplexity}) => validationPerplexity),
      ],
    }),
  };
}
