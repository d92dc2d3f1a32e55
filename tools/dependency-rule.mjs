// Holds the one rule of the architecture: arrows point from models to training to gpu-kernels, and nowhere else.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

/** What the sources of each package may import of ours. Tests may also use test-kit and text8-data. */
const allowed = {
  'gpu-kernels': [],
  training: ['gpu-kernels'],
  'text8-data': [],
  lstm: ['gpu-kernels', 'training'],
  word2vec: ['gpu-kernels', 'training'],
  seq2seq: ['gpu-kernels', 'training'],
  'test-kit': [],
};
const alsoInTests = ['test-kit', 'text8-data', 'gpu-kernels'];

const root = path.join(import.meta.dirname, '..');
const imports = /(?:from|import)\s*\(?\s*'([^']+)'/g;
const faults = [];

for (const name of readdirSync(path.join(root, 'packages'))) {
  if (!(name in allowed)) faults.push(`packages/${name} is not in the dependency rule (tools/dependency-rule.mjs)`);
  const source = path.join(root, 'packages', name, 'src');
  for (const entry of readdirSync(source, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const isTest = /\.(test|bench)\.ts$/.test(file);
    for (const [, imported] of readFileSync(file, 'utf8').matchAll(imports)) {
      const fault = faultOf(name, file, source, imported, isTest);
      if (fault) faults.push(`${path.relative(root, file)}: ${fault}`);
    }
  }
}

function faultOf(name, file, source, imported, isTest) {
  if (imported.startsWith('.')) {
    const outside = path.relative(source, path.resolve(path.dirname(file), imported)).startsWith('..');
    return outside && !isTest ? `reaches out of its package to ${imported}` : undefined;
  }
  const ours = /^@gatefold\/([^/]+)(\/.*)?$/.exec(imported);
  if (!ours) return undefined;
  if (ours[2]) return `reaches into ${imported}; import the package itself`;
  const may = [...(allowed[name] ?? []), ...(isTest ? alsoInTests : [])];
  return may.includes(ours[1]) || ours[1] === name ? undefined : `may not import ${imported}`;
}

for (const fault of faults) console.error(fault);
console.log(
  faults.length === 0 ? 'The dependency rule holds.' : `The dependency rule is broken in ${faults.length} places.`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
