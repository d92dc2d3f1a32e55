// Compiles the wasm kernels of the package it runs in, assembly/index.ts, and writes them as a module of its sources, so
// that no bundler has to find a file: tools/wasm-binary.ts with the program in it, twice, with and without fused
// multiply-add (docs/decisions/0003), and the types of what it exports.
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const [target] = process.argv.slice(2);
if (!target) throw new Error('usage: node ../../tools/build-wasm.mjs src/FOLDER/wasm-binary.generated.ts');

const options =
  '-O3 --noAssert --runtime stub --importMemory --use abort= --enable simd --enable threads --sharedMemory --initialMemory 1 --maximumMemory 65536';

async function compile(extraOptions) {
  const files = new Map();
  const entry = path.join(path.basename(process.cwd()), 'assembly/index.ts');
  const output = '--outFile kernels.wasm --textFile kernels.wat --bindings raw';
  // From the folder of all packages, for one's kernels may use parts of another's.
  const {error, stderr} = await asc.main(
    [entry, '--baseDir', path.resolve('..'), ...`${options} ${extraOptions} ${output}`.split(' ').filter(Boolean)],
    {writeFile: (name, contents) => void files.set(name, contents)},
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  // The memory belongs to others, tfjs or JavaScript: data that a module places in it at start-up would overwrite theirs.
  if (/^\s*\(data /m.test(files.get('kernels.wat')))
    throw new Error('The wasm kernels must not contain a data segment.');
  // As for a memory that is not shared; that bit is set where it is (docs/decisions/0005).
  const program = Buffer.from(files.get('kernels.wasm')).toString('latin1');
  const shared = 'memory\u0002\u0003';
  if (program.split(shared).length !== 2) throw new Error('The import of the shared memory was not found.');
  return {
    base64: Buffer.from(program.replace(shared, 'memory\u0002\u0001'), 'latin1').toString('base64'),
    signatures: [...files.get('kernels.d.ts').matchAll(/^ *export function (.*;)$/gm)].map(
      ([, signature]) => signature,
    ),
  };
}

let source = await readFile(new URL('wasm-binary.ts', import.meta.url), 'utf8');
function fill(place, contents) {
  if (source.split(place).length !== 2) throw new Error(`tools/wasm-binary.ts has to have ${place} once.`);
  source = source.replace(place, () => contents);
}
const [simd, relaxedSIMD] = [await compile(''), await compile('--enable relaxed-simd')];
fill("const simdBinary = ''", `const simdBinary =\n  '${simd.base64}'`);
fill("const relaxedSIMDBinary = ''", `const relaxedSIMDBinary =\n  '${relaxedSIMD.base64}'`);
fill('type WasmKernels = object', `interface WasmKernels {\n  ${simd.signatures.join('\n  ')}\n}`);
await writeFile(target, source);
