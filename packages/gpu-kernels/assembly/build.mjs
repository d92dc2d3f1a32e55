// Compiles the wasm kernels and writes them as a module of the source tree, so that no bundler has to find a file.
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const here = import.meta.dirname;
const options = '-O3 --noAssert --runtime stub --importMemory --enable simd --use abort= --outFile kernels.wasm --textFile kernels.wat';
const files = new Map();
const {error, stderr} = await asc.main(['index.ts', '--baseDir', here, ...options.split(' ')], {
  writeFile: (name, contents) => void files.set(name, contents),
});
if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
// The memory belongs to tfjs: a module that places data of its own in it at start-up would overwrite tensors.
if (/^\s*\(data /m.test(files.get('kernels.wat'))) throw new Error('The wasm kernels must not contain a data segment.');

const base64 = Buffer.from(files.get('kernels.wasm')).toString('base64');
await writeFile(
  path.join(here, '../src/backends/wasm-binary.generated.ts'),
  `// Made by assembly/build.mjs.\nexport const wasmBinary =\n  '${base64}';\n`,
);
