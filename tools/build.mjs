// Builds every package in dependency order, from cache where nothing changed; quiet unless something fails.
import {spawnSync} from 'node:child_process';
import {createRequire} from 'node:module';
import path from 'node:path';

const turbo = path.join(path.dirname(createRequire(import.meta.url).resolve('turbo/package.json')), 'bin', 'turbo');
const {status, stdout, stderr} = spawnSync(
  process.execPath,
  [turbo, 'run', 'build', '--output-logs=errors-only', ...process.argv.slice(2)],
  {encoding: 'utf8', env: {...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1'}},
);
if (status !== 0) process.stderr.write(`${stdout}${stderr}\nThe build failed.\n`);
process.exit(status ?? 1);
