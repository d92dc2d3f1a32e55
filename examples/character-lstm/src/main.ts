import {enableProdMode} from '@tensorflow/tfjs';
import {parseOptions, UsageError, usage} from './options';
import {Progress} from './progress';
import {train} from './train';

const exitCode = {usage: 2, failed: 1, interrupted: 130} as const;

async function main(): Promise<number> {
  const commandLine = process.argv.slice(2);
  const options = parseOptions(commandLine);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  enableProdMode();
  const controller = new AbortController();
  const progress = new Progress(process.stdout);
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCode.interrupted);
      progress.say();
      progress.say('stopping after this step; once more to stop at once');
      controller.abort();
    });
  }
  if ((await train(options, progress, controller.signal)) === 'finished') return 0;
  const again = commandLine
    .filter((word) => word !== '--resume')
    .concat('--resume')
    .map(quoted)
    .join(' ');
  progress.say(`A checkpoint is in ${options.output}. To go on: npm start -- ${again}`);
  return exitCode.interrupted;
}

function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`\n${(error as Error).message}\n${isUsage ? `\n${usage}` : ''}`);
  process.exitCode = isUsage ? exitCode.usage : exitCode.failed;
}
