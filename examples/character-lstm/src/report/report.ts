import {duration} from '../progress';
import type {Figures, Result} from '../result';
import type {History} from '../run-record';

const style = `
:root { color-scheme: light dark; --text: #1a1c1e; --soft: #667; --line: #dde; --page: #fff; --panel: #f6f7f9; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8ea; --soft: #99a; --line: #334; --page: #16181b; --panel: #1f2226; } }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; } p { margin: .3rem 0; color: var(--soft); }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.5rem; }
.figures div { flex: 1 1 12rem; padding: 1rem; border-radius: .6rem; background: var(--panel); }
.figures b { display: block; font-size: 1.7rem; line-height: 1.2; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; } td { padding: .3rem 0; border-bottom: 1px solid var(--line); } td + td { text-align: right; }
pre { margin: .3rem 0 1.2rem; padding: .8rem 1rem; overflow-x: auto; border-radius: .6rem; background: var(--panel); font: 13px/1.6 ui-monospace, monospace; }
`;

/** A page that tells of a run and needs nothing but itself. */
export function renderReport(result: Result, history: History, curves: {loss: string; perplexity: string}): string {
  const settings: [string, string | number][] = [
    ['corpus', `${result.corpus}, ${result.characters.toLocaleString('en')} characters`],
    ['model', `one LSTM layer of ${result.hiddenSize}, one-hot characters`],
    ['training', `batch 64, 10 steps unrolled, SGD at 10 decayed 0.1 every 5000 steps, norm clipped to 1.25`],
    ['steps', result.steps],
    ['time', duration(result.seconds)],
    ['seed', result.seed],
    ['backend', result.backend],
    ...Object.entries(result.versions),
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Character LSTM on ${escaped(result.corpus)}</title>
<style>${style}</style>
<h1>Character LSTM on ${escaped(result.corpus)}</h1>
<p>${result.steps.toLocaleString('en')} steps in ${duration(result.seconds)} on ${escaped(result.backend)}</p>
<section class="figures">
${figure('first', result.validation)}
${figure('held-out', result.heldOut)}
</section>
<h2>Loss</h2>
${curves.loss}
<h2>Perplexity</h2>
${curves.perplexity}
<h2>What it writes</h2>
${history.samples.map(({step, sentences}) => `<p>after step ${step}</p><pre>${sentences.map(escaped).join('\n')}</pre>`).join('\n')}
<h2>Settings</h2>
<table>${settings.map(([name, value]) => `<tr><td>${escaped(name)}<td>${escaped(String(value))}`).join('\n')}</table>
</html>
`;
}

function figure(name: string, {characters, perplexity, bitsPerCharacter}: Figures): string {
  return `<div><p>${name} ${characters.toLocaleString('en')} characters</p><b>${perplexity.toFixed(3)}</b><p>perplexity, ${bitsPerCharacter.toFixed(3)} bits a character</p></div>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
