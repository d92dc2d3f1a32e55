import {curve, curveSize, type Picture, type Series, sideBySide} from '@gatefold/example-command-line';
import type {HistoryPoint} from './history';

const ink = '#1f2430';
const [training, validation] = ['#2b5fc7', '#c4501b'];

/** The curves of a run: the loss, the perplexity that validates, and the words that came out right. */
export function curvesPicture(points: readonly HistoryPoint[]): Picture {
  const series = (name: string, colour: string, value: (point: HistoryPoint) => number): Series => ({
    name,
    colour,
    points: points.map((point) => ({step: point.step, value: value(point)})),
  });
  const pictures = [
    curve({
      label: 'loss, nats a symbol',
      scale: 'linear',
      ink,
      series: [series('training, mean since the last report', training, ({loss}) => loss)],
    }),
    curve({
      label: 'perplexity',
      scale: 'log',
      ink,
      series: [series('validation', validation, ({validationPerplexity}) => validationPerplexity)],
    }),
    curve({
      label: 'words turned right, %',
      scale: 'linear',
      ink,
      series: [series('validation', validation, ({wordsRight}) => 100 * wordsRight)],
      names: 'bottom',
    }),
  ];
  return sideBySide(pictures.map((svg) => ({svg, ...curveSize})));
}
