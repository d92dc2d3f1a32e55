// Sets @tensorflow/tfjs-node up beside the project's own packages, so that the backend `tensorflow` can be used and tested:
//
//   npm run setup:tensorflow
//
// tfjs-node is no dependency that `npm ci` installs, because its install script downloads from a host that not every
// machine reaches. This installs the package without that script, copies it into node_modules/@tensorflow/tfjs-node (npm
// would rearrange node_modules; a link would bring a second tfjs), and then gives it TensorFlow itself: by its own script
// where the host can be reached, else by compiling its binding against the library in the wheel of tensorflow-cpu on PyPI
// (270 MB). The wheel is kept in ~/.cache/gatefold/tensorflow-cpu, or in the folder that TF_WHEEL_CACHE names.
//
// The second way is for Linux on x86_64 and arm64. On Debian it needs `apt-get install python3 python3-pip g++`.
// Running it again does nothing where tfjs-node runs already. `npm ci` removes it: run this afterwards.
import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';

const tensorflowVersion = '2.21.0';
const root = path.join(import.meta.dirname, '..');
const tfjsVersion = createRequire(import.meta.url)('@tensorflow/tfjs/package.json').version;
const target = path.join(root, 'node_modules', '@tensorflow', 'tfjs-node');
const {XDG_CACHE_HOME, TF_WHEEL_CACHE} = process.env;
const userCache = XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
const wheelFolder = TF_WHEEL_CACHE ?? path.join(userCache, 'gatefold', 'tensorflow-cpu');

/** Runs a program to its end. @throws Error with what it printed, where it fails or takes longer than `minutes`. */
function run(program, parameters, {cwd = root, minutes = 10, env = {}} = {}) {
  const {status, error, stdout, stderr} = spawnSync(program, parameters, {
    cwd,
    encoding: 'utf8',
    timeout: minutes * 60_000,
    env: {...process.env, ...env},
  });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}`);
  return stdout.trim();
}

/** Adds 1 and 2 in a process of its own. @throws Error where tfjs-node does not run. */
function check() {
  const program = `
    require('node:util').isNullOrUndefined ??= (value) => value === null || value === undefined; // gone in Node 23
    const tf = require('@tensorflow/tfjs-node');
    if (tf.getBackend() !== 'tensorflow' || tf.add(1, 2).dataSync()[0] !== 3) throw new Error('1 + 2 is not 3');
    console.log('TensorFlow ' + tf.backend().binding.TF_Version);`;
  return run(process.execPath, ['-e', program], {minutes: 2, env: {TF_CPP_MIN_LOG_LEVEL: '3'}});
}

function runsAlready() {
  if (!existsSync(target)) return false;
  try {
    return check();
  } catch {
    return false;
  }
}

/** tfjs-node with all it depends on inside its own folder, but for tfjs, which it shares with the project. */
function installPackage(work) {
  writeFileSync(path.join(work, 'package.json'), '{"private": true}');
  const names = [`@tensorflow/tfjs-node@${tfjsVersion}`, 'node-api-headers@1'];
  const options = ['--install-strategy=nested', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...options, ...names], {cwd: work});
  const installed = path.join(work, 'node_modules', '@tensorflow', 'tfjs-node');
  rmSync(path.join(installed, 'node_modules', '@tensorflow'), {recursive: true});
  rmSync(target, {recursive: true, force: true});
  cpSync(installed, target, {recursive: true, verbatimSymlinks: true});
}

async function downloadsWork() {
  const proxied = Object.keys(process.env).some((name) => /^https?_proxy$/i.test(name)); // not by `fetch`, but by the script
  if (proxied) return true;
  const answer = fetch('https://storage.googleapis.com/tensorflow/', {
    method: 'HEAD',
    signal: AbortSignal.timeout(10_000),
  });
  return answer.then(
    () => true,
    () => false,
  );
}

function installByItsOwnScript() {
  const PATH = [path.join(target, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter);
  run(process.execPath, ['scripts/install.js'], {cwd: target, env: {PATH}});
  return check();
}

/** The folder with TensorFlow's two libraries and its C headers. */
function unpackWheel() {
  const unpacked = path.join(wheelFolder, `tensorflow-${tensorflowVersion}`);
  if (existsSync(unpacked)) return unpacked;
  mkdirSync(wheelFolder, {recursive: true});
  const find = () =>
    readdirSync(wheelFolder).find(
      (name) => name.startsWith(`tensorflow_cpu-${tensorflowVersion}-`) && name.endsWith('.whl'),
    );
  if (!find()) {
    console.log(`Downloading tensorflow-cpu ${tensorflowVersion} from PyPI (270 MB) to ${wheelFolder} ...`);
    const platform = {x64: 'manylinux_2_27_x86_64', arm64: 'manylinux_2_27_aarch64'}[process.arch];
    if (process.platform !== 'linux' || !platform) {
      throw new Error(
        `There is no TensorFlow for ${process.platform} on ${process.arch} that tfjs-node could be built on.`,
      );
    }
    const wheel = ['--only-binary=:all:', '--implementation=cp', '--python-version=3.11', `--platform=${platform}`];
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', ...wheel, '--dest', wheelFolder];
    run('python3', ['-m', 'pip', 'download', ...options, `tensorflow-cpu==${tensorflowVersion}`], {minutes: 30});
  }
  console.log(`Unpacking ${find()} ...`);
  const partial = mkdtempSync(`${unpacked}-`);
  const unzip = `
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wanted = ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2', 'tensorflow/include/tensorflow/c/',
          'tensorflow/include/tensorflow/core/platform/', 'tensorflow/include/tsl/', 'tensorflow/include/xla/tsl/')
wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])`;
  run('python3', ['-c', unzip, path.join(wheelFolder, find()), partial]);
  if (existsSync(unpacked))
    rmSync(partial, {recursive: true}); // another process was faster
  else renameSync(partial, unpacked);
  return unpacked;
}

/** Compiles tfjs-node's binding, two C++ files, as its binding.gyp says, but without node-gyp, Make and their downloads. */
function buildBinding(work) {
  const library = path.join(unpackWheel(), 'tensorflow');
  console.log('Compiling the binding ...');
  const folder = path.join(target, 'lib', 'napi-v8');
  mkdirSync(folder, {recursive: true});
  const includes = [path.join(library, 'include'), path.join(work, 'node_modules', 'node-api-headers', 'include')];
  run('g++', [
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-w', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...includes.map((include) => `-I${include}`),
    ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'].map((source) => path.join(target, source)),
    ...[`-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${library}`],
    ...['-o', path.join(folder, 'tfjs_binding.node')],
  ]);
  return check();
}

async function setUp() {
  const running = runsAlready();
  if (running) return console.log(`tfjs-node ${tfjsVersion} runs already, on ${running}.`);
  const work = mkdtempSync(path.join(os.tmpdir(), 'tfjs-node-'));
  try {
    console.log(`Installing @tensorflow/tfjs-node ${tfjsVersion} ...`);
    installPackage(work);
    let version;
    if (await downloadsWork()) {
      try {
        version = installByItsOwnScript();
      } catch (error) {
        console.log(`Its own install script failed (${String(error.message).split('\n')[0]}).`);
      }
    } else console.log('The host of its own install script cannot be reached.');
    version ??= buildBinding(work);
    console.log(`tfjs-node ${tfjsVersion} runs, on ${version}.`);
  } catch (error) {
    rmSync(target, {recursive: true, force: true}); // half a package would be found, and fail later
    throw error;
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

try {
  await setUp();
} catch (error) {
  console.error(`tfjs-node was not set up: ${error.message}`);
  console.error(
    'Building it takes python3, pip and g++ (on Debian: apt-get install python3 python3-pip g++) and PyPI.',
  );
  process.exitCode = 1;
}
