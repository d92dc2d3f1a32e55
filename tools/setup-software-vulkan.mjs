// Brings a Vulkan driver that needs no graphics card (Mesa's lavapipe), so that WebGPU runs in Node anywhere:
//
//   eval "$(npm run --silent setup:vulkan)"
//
// Prints the environment that leads Dawn to it. For Debian 12, as root: its own Mesa 22 is too old for Dawn, so Mesa 25 is
// taken from bookworm-backports, unpacked into ~/.cache/gatefold/lavapipe (or the folder that LAVAPIPE names) without
// touching the packages installed. Only its loader and LLVM 15 are installed for good. Running it again does nothing.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const {XDG_CACHE_HOME, LAVAPIPE} = process.env;
const folder = LAVAPIPE ?? path.join(XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'gatefold', 'lavapipe');
const [root, lists, packages] = ['root', 'lists', 'packages'].map((name) => path.join(folder, name));
const triplet = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
const libraries = path.join(root, 'usr', 'lib', triplet);
const description = path.join(folder, 'lavapipe.json');

const quiet = {stdio: ['ignore', 'ignore', 'inherit']};

/** apt-get over Debian 12 and its backports, whatever the sources of this machine. */
function apt(parameters, options) {
  const settings = [
    `Dir::Etc::sourcelist=${path.join(folder, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${lists}`,
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  execFileSync('apt-get', [...settings, '-qq', ...parameters], {
    ...quiet,
    ...options,
    env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'},
  });
}

function setUp() {
  mkdirSync(path.join(lists, 'partial'), {recursive: true});
  for (const name of [root, packages]) mkdirSync(name, {recursive: true});
  const source = 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian';
  const suites = ['bookworm-backports', 'bookworm'].map((suite) => `${source} ${suite} main\n`);
  writeFileSync(path.join(folder, 'sources.list'), suites.join(''));
  apt(['update']);
  apt(['install', '-y', '--no-install-recommends', 'libvulkan1', 'libllvm15']);
  const unpacked = ['mesa-vulkan-drivers', 'libdrm2', 'libdrm-amdgpu1'].map((name) => `${name}/bookworm-backports`);
  apt(['download', ...unpacked], {cwd: packages});
  for (const name of readdirSync(packages)) execFileSync('dpkg', ['-x', path.join(packages, name), root], quiet);
  const driver = {api_version: '1.4.305', library_path: path.join(libraries, 'libvulkan_lvp.so')};
  writeFileSync(description, JSON.stringify({ICD: driver, file_format_version: '1.0.0'}));
}

try {
  if (!existsSync(description)) setUp(); // the description is written last
  console.log(`export VK_ICD_FILENAMES=${description} LD_LIBRARY_PATH=${libraries}`);
} catch (error) {
  console.error(`The Vulkan driver could not be set up (Debian 12 and root are needed): ${error.message}`);
  process.exitCode = 1;
}
