import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import type {History} from '../run-record';

const width = 720;
const height = 300;
const colours = {training: '#8a8f98', validation: '#d9480f', loss: '#1c7ed6'};

/** The loss and perplexity curves of a run, as two SVG pictures whose text has the colour of the text around them. */
export function drawCurves({training, validation}: History): {loss: string; perplexity: string} {
  const horizontal = {label: 'step', grid: false};
  return {
    loss: draw({
      x: horizontal,
      y: {label: 'training loss, nats a character', grid: true},
      marks: [
        Plot.line(training, {x: 'step', y: 'loss', stroke: colours.loss, strokeWidth: 2}),
        Plot.dot(training.length === 1 ? training : [], {x: 'step', y: 'loss', fill: colours.loss}),
      ],
    }),
    perplexity: draw({
      x: horizontal,
      // The first steps are near 27, the rest near 4: a logarithmic axis shows both.
      y: {label: 'perplexity', type: 'log', grid: true, ticks: [3, 4, 5, 7, 10, 15, 20, 27], tickFormat: 'd'},
      color: {domain: ['minibatch', 'validation'], range: [colours.training, colours.validation]},
      marks: [
        Plot.line(training, {x: 'step', y: 'perplexity', stroke: colours.training, strokeWidth: 1}),
        Plot.line(validation, {x: 'step', y: 'perplexity', stroke: colours.validation, strokeWidth: 2}),
        Plot.dot(validation.length === 1 ? validation : [], {x: 'step', y: 'perplexity', fill: colours.validation}),
        Plot.text(['minibatch'], {frameAnchor: 'top-right', dx: -90, fill: colours.training, fontWeight: 'bold'}),
        Plot.text(['validation'], {frameAnchor: 'top-right', fill: colours.validation, fontWeight: 'bold'}),
      ],
    }),
  };
}

function draw(options: Plot.PlotOptions): string {
  const {document} = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({width, height, marginLeft: 50, ...options, document: document as unknown as Document});
  svg.querySelector('style')?.remove(); // it sets a white background
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('font-family', 'system-ui, DejaVu Sans, sans-serif');
  svg.setAttribute('font-size', '12');
  return svg.outerHTML;
}

/** Both pictures one above the other, on white, as one SVG document. */
export function stackCurves({loss, perplexity}: {loss: string; perplexity: string}): string {
  const margin = 20;
  const placed = (svg: string, y: number) => svg.replace('<svg ', `<svg x="${margin}" y="${y}" `);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 2 * margin}" height="${2 * height + 3 * margin}" color="#222">
<rect width="100%" height="100%" fill="white"/>
${placed(loss, margin)}
${placed(perplexity, height + 2 * margin)}
</svg>`;
}
