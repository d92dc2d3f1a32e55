// Compiles the wasm kernels and writes them as a module of the source tree, so that no bundler has to find a file.
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
    ['index.ts', '--baseDir', here, ...`${options} ${extraOptions} ${output}`.split(' ').filter(Boolean)],
    {writeFile: (name, contents) => void files.set(name, contents)},
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  // The memory belongs to tfjs: a module that places data of its own in it at start-up would overwrite tensors.
  if (/^\s*\(data /m.test(files.get('kernels.wat'))) throw new Error('The wasm kernels must not contain a data segment.');
  // As for a memory that is not shared; that bit is set where it is (docs/decisions/0005).
  const program = Buffer.from(files.get('kernels.wasm')).toString('latin1');
  const shared = 'memory\u0002\u0003';
  if (program.split(shared).length !== 2) throw new Error('The import of the shared memory was not found.');
  return Buffer.from(program.replace(shared, 'memory\u0002\u0001'), 'latin1').toString('base64');
}

let source = '// Made by assembly/build.mjs.\n';
for (const [name, extraOptions] of Object.entries(builds)) {
  source += `export const ${name} =\n  '${await compile(extraOptions)}';\n`;
}
await writeFile(path.join(here, '../src/backends/wasm-binary.generated.ts'), source);
