import {duration, grouped} from '@gatefold/example-command-line';
import type {SampleSet} from '../history';
import {programs} from '../programs';
import type {Measurement, Result} from '../result';
import {curves} from './curves';
import {html, Markup} from './markup';
import {style} from './style';

/** The report of a run: one page that needs no network, no script and no other file. */
export function reportPage(result: Result, samples: readonly SampleSet[]): string {
  const {loss, perplexity} = curves(result.history, {
    ink: 'currentColor',
    training: 'var(--training)',
    validation: 'var(--validation)',
  });
  const {validation, heldOut} = result;
  const {title} = programs[result.program];
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title} on ${result.corpus}</title>
<style>${new Markup(style)}</style>
<main>
<header>
<h1>${title} on ${result.corpus}</h1>
<p>One layer of ${result.settings.hiddenSize!}, ${grouped(result.steps)} steps in ${duration(result.seconds)} on the ${result.backend} backend, seed ${result.seed}.</p>
</header>
<section class="figures">
${figure(`held-out text, last ${grouped(heldOut.characters)} characters`, heldOut)}
${figure(`validation, first ${grouped(validation.characters)} characters`, validation)}
</section>
<p class="note">Perplexity is how many characters the model hesitates between, as it were; of 27, by guessing. The validation text is short and its figure noisy: compare runs by the held-out text, which nothing was chosen by.</p>
<section class="curves">
<h2>Curves</h2>
<div>${new Markup(loss)}${new Markup(perplexity)}</div>
</section>
<section>
<h2>Samples</h2>
<p class="note">Drawn from the model’s own distribution, each from a random first character. The last first.</p>
${samples.toReversed().map(sampleSet)}
</section>
<section class="tables">
<div><h2>Settings</h2>${table(result.settings)}</div>
<div><h2>Versions</h2>${table(result.versions)}</div>
</section>
<details>
<summary>The ${result.history.length} points of the curves</summary>
<div class="scroll"><table><thead><tr><th>step<th>loss<th>minibatch perplexity<th>validation perplexity<th>learning rate</thead><tbody>
${result.history.map(
  (point) =>
    html`<tr><td>${point.step}<td>${point.loss.toFixed(4)}<td>${point.perplexity.toFixed(3)}<td>${point.validationPerplexity.toFixed(3)}<td>${Number(point.learningRate.toPrecision(6))}\n`,
)}</tbody></table></div>
</details>
</main>
`.text;
}

function figure(name: string, {perplexity, bitsPerCharacter}: Measurement): Markup {
  return html`<div><h2>${name}</h2><p><b>${perplexity.toFixed(2)}</b> perplexity</p><p><b>${bitsPerCharacter.toFixed(2)}</b> bits per character</p></div>`;
}

function sampleSet({step, sentences}: SampleSet): Markup {
  return html`<h3>step ${grouped(step)}</h3><ul class="samples">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>\n`;
}

function table(rows: Readonly<Record<string, string | number>>): Markup {
  return html`<div class="scroll"><table>${Object.entries(rows).map(([name, value]) => html`<tr><th>${spelledOut(name)}<td>${value}`)}</table></div>`;
}

/** `learningRateEvery` as `learning rate every`; names of packages as they are. */
function spelledOut(name: string): string {
  return name.startsWith('@') ? name : name.replace(/[A-Z]/g, (letters) => ` ${letters.toLowerCase()}`);
}
