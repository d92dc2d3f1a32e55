// Compiles the training kernel and writes it as a module of the source tree, so that no bundler has to find a file. Twice,
// with and without fused multiply-add, as gpu-kernels does (docs/decisions/0003).
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const here = import.meta.dirname;
const options = '-O3 --noAssert --runtime stub --importMemory --use abort= --enable simd --enable threads --sharedMemory --initialMemory 1 --maximumMemory 65536';
const builds = {simdBinary: '', relaxedSIMDBinary: '--enable relaxed-simd'};

async function compile(extraOptions) {
  const files = new Map();
  const output = '--outFile kernels.wasm --textFile kernels.wat';
  const {error, stderr} = await asc.main(
    ['word2vec/assembly/index.ts', '--baseDir', path.join(here, '../..'), ...`${options} ${extraOptions} ${output}`.split(' ').filter(Boolean)],
    {writeFile: (name, contents) => void files.set(name, contents)},
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  // JavaScript lays the memory out: data of the module's own would lie in the midst of it.
  if (/^\s*\(data /m.test(files.get('kernels.wat'))) throw new Error('The wasm kernel must not contain a data segment.');
  return Buffer.from(files.get('kernels.wasm')).toString('base64');
}

let source = '// Made by assembly/build.mjs.\n';
for (const [name, extraOptions] of Object.entries(builds)) {
  source += `export const ${name} =\n  '${await compile(extraOptions)}';\n`;
}
await writeFile(path.join(here, '../src/parallel/wasm-binary.generated.ts'), source);
