import {curve, curveSize, type Picture, type Series, sideBySide} from '@gatefold/example-command-line';
import type {HistoryPoint} from './history';

const ink = '#1f2430';
const [training, validation] = ['#2b5fc7', '#c4501b'];

/** The curves of a training: the loss, and the dates that came out without a fault. */
export function curvesPicture(points: readonly HistoryPoint[]): Picture {
  const series = (name: string, colour: string, value: (point: HistoryPoint) => number): Series[] => [
    {name, colour, points: points.map((point) => ({step: point.step, value: value(point)}))},
  ];
  const pictures = [
    curve({
      label: 'loss, nats a symbol',
      scale: 'linear',
      ink,
      series: series('training, mean since the last report', training, ({loss}) => loss),
    }),
    curve({
      label: 'dates without a fault, %',
      scale: 'linear',
      ink,
      series: series('validation', validation, ({exactMatch}) => 100 * exactMatch),
      names: 'bottom',
    }),
  ];
  return sideBySide(pictures.map((svg) => ({svg, ...curveSize})));
}
