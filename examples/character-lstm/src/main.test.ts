// The program as its user meets it: built, and started as a process of its own.
import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {readCheckpoint, writeCheckpoint} from '@gatefold/training';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Result} from './result';
import type {RunRecord} from './run-record';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let folder: string;

beforeAll(async () => {
  expect(existsSync(program), 'the example is not built: run "npm run build"').toBe(true);
  folder = await mkdtemp(path.join(tmpdir(), 'gatefold-'));
  const words = 'The gate opens, the cell remembers 7 words; and what it forgets is lost to the sequence.'.split(' ');
  const text = Array.from({length: 12_000}, (_, index) => words[(index * index + 7 * index) % words.length]);
  await writeFile(path.join(folder, 'made-up.txt'), text.join(' '));
});
afterAll(() => rm(folder, {recursive: true}));

interface Ended {
  exitCode: number | null;
  screen: string;
  complaint: string;
}

/** Runs the program in the folder; `atStep300` is called once, when it has said so. */
function run(args: string[], atStep300?: (child: ChildProcess) => void): Promise<Ended> {
  const environment = {...process.env, npm_lifecycle_event: undefined}; // as if started by itself
  const child = spawn(process.execPath, [program, ...args], {cwd: folder, env: environment});
  const ended: Ended = {exitCode: null, screen: '', complaint: ''};
  child.stdout.on('data', (bytes) => {
    const before = ended.screen.includes(' 300  loss');
    ended.screen += bytes;
    if (!before && ended.screen.includes(' 300  loss')) atStep300?.(child);
  });
  child.stderr.on('data', (bytes) => {
    ended.complaint += bytes;
  });
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({...ended, exitCode})));
}

const small = ['--corpus', 'made-up.txt', '--hidden-size', '12'];

async function resultIn(output: string): Promise<Result> {
  return JSON.parse(await readFile(path.join(folder, output, 'result.json'), 'utf8'));
}

/** All that must be the same whether or not a run was interrupted: everything but how long it took. */
async function numbersIn(output: string): Promise<unknown> {
  const {seconds: _, ...result} = await resultIn(output);
  const {state, tensors} = await readCheckpoint(path.join(folder, output, 'checkpoint'));
  const {history} = state.extra as unknown as RunRecord;
  return {result, tensors, history, training: state.training};
}

describe('a run', () => {
  it('learns, and leaves its files and its figures', async () => {
    const {exitCode, screen, complaint} = await run([...small, '--steps', '150', '--output', 'plain']);
    expect(complaint).toBe('');
    expect(exitCode).toBe(0);
    expect((await readdir(path.join(folder, 'plain'))).sort()).toEqual([
      'checkpoint',
      'curves.png',
      'report.html',
      'result.json',
    ]);

    const result = await resultIn('plain');
    expect(result).toMatchObject({steps: 150, seed: 1, backend: 'wasm', corpus: 'made-up.txt'});
    expect(result.history.map(({step}) => step)).toEqual([0, 100, 149]);
    expect(result.history.at(-1)!.loss).toBeLessThan(0.8 * result.history[0]!.loss);
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.validation.characters).toBe(1000);
    expect(result.heldOut.characters).toBe(Math.floor(Number(result.settings.corpusCharacters) / 10));
    expect(screen).toContain('A short text: a tenth of it is held out');
    for (const {perplexity, bitsPerCharacter} of [result.validation, result.heldOut]) {
      expect(bitsPerCharacter).toBeCloseTo(Math.log2(perplexity), 10);
      expect(screen).toContain(perplexity.toFixed(3));
      expect(screen).toContain(bitsPerCharacter.toFixed(3));
    }
    // Without a terminal: a line every 100 steps, and none of the characters that move or colour.
    expect(screen.match(/^step .*$/gm)).toHaveLength(3);
    expect(screen.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('stops early where asked to, takes the best, and leaves an event file', async () => {
    const rateTooHigh = ['--learning-rate', '100', '--schedule', 'constant'];
    const {exitCode, screen} = await run([
      ...[...small, ...rateTooHigh, '--steps', '1001', '--early-stopping', '1', '--tensorboard', '--output', 'early'],
    ]);
    expect(exitCode).toBe(0);
    expect(screen).toContain('Validation no longer gets better: stopped early.');
    const [, best] = /parameters of step (\d+), which/.exec(screen)!;
    const {steps, history, validation} = await resultIn('early');
    expect(steps).toBeLessThan(1001);
    const ofBest = history.find(({step}) => step === Number(best))!;
    expect(ofBest.validationPerplexity).toBe(Math.min(...history.map((point) => point.validationPerplexity)));
    expect(validation.perplexity).toBeCloseTo(ofBest.validationPerplexity, 6);
    expect(await readdir(path.join(folder, 'early'))).toContainEqual(expect.stringMatching(/^events\.out\.tfevents\./));
  });

  it('is written over by another one in its folder, with a word of warning', async () => {
    const {exitCode, screen} = await run([...small, '--steps', '3', '--seed', '2', '--output', 'plain']);
    expect(exitCode).toBe(0);
    expect(screen).toContain('plain holds another run');
    expect(await resultIn('plain')).toMatchObject({steps: 3, seed: 2});
  });
});

describe('the other programs', () => {
  it('has the same numbers from four gates as from fused ones', async () => {
    const histories = ['four-gates', 'fused-gates'].map(async (program) => {
      await run([...small, '--steps', '3', '--program', program, '--output', program]);
      return (await resultIn(program)).history.map(({loss}) => loss);
    });
    const [four, fused] = await Promise.all(histories);
    expect(four).toHaveLength(2);
    four!.forEach((loss, index) => {
      expect(loss).toBeCloseTo(fused![index]!, 5);
    });
  });

  it.each(['bigram', 'embedded-bigram', 'dropout', 'overlapping-bigram'])(
    '%s gives figures a character and a pair',
    async (program) => {
      const {complaint, screen} = await run([...small, '--steps', '3', '--program', program, '--output', program]);
      expect(complaint).toBe('');
      const {heldOut} = await resultIn(program);
      const characters = program === 'overlapping-bigram' ? 1 : 2;
      expect(heldOut.perplexityPerSymbol).toBeCloseTo(heldOut.perplexity ** characters, 6);
      expect(heldOut.bitsPerCharacter).toBeCloseTo(Math.log2(heldOut.perplexity), 10);
      expect(screen).toContain('perplexity per pair');
      expect(screen).toContain(heldOut.perplexityPerSymbol.toFixed(2));
    },
  );
});

describe('an interrupted run', () => {
  const steps = ['--steps', '1300'];

  beforeAll(async () => {
    await run([...small, ...steps, '--output', 'whole']);
  });

  it.skipIf(process.platform === 'win32').each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is kept on %s, and resumes to the same numbers, bit for bit', async (signal, expected) => {
    const interrupted = await run([...small, ...steps, '--output', 'cut'], (child) => child.kill(signal));
    expect(interrupted.exitCode).toBe(expected);
    expect(interrupted.screen).toMatch(/Stopped after \d+ of 1,300 steps\. To go on:/);
    expect(await readdir(path.join(folder, 'cut'))).toEqual(['checkpoint']);

    const command = /^ {2}(node .*)$/m.exec(interrupted.screen)![1]!;
    const resumed = await new Promise<string>((resolve, reject) => {
      execFile('sh', ['-c', command], {cwd: folder}, (error, screen) => (error ? reject(error) : resolve(screen)));
    });
    expect(resumed).toMatch(/^Going on after \d+ steps\.$/m);
    expect(await numbersIn('cut')).toEqual(await numbersIn('whole'));
    await rm(path.join(folder, 'cut'), {recursive: true});
  });

  it('that has finished says so, and goes on when asked for more', async () => {
    const again = await run(['--resume', '--output', 'whole']);
    expect(again.exitCode).toBe(0);
    expect(again.screen).toMatch(/has done all its steps[\s\S]*--steps/);

    expect((await run(['--resume', '--steps', '1350', '--output', 'whole'])).exitCode).toBe(0);
    await run([...small, '--steps', '1350', '--output', 'longer']);
    const [whole, longer] = [await resultIn('whole'), await resultIn('longer')];
    expect(whole.heldOut).toEqual(longer.heldOut);
    expect(whole.validation).toEqual(longer.validation);
  });

  it.each([
    [['--hidden-size', '16'], /--hidden-size is 16, but the run to resume has 12/],
    [['--seed', '9'], /--seed is 9, but the run to resume has 1/],
    [['--corpus', 'text8'], /--corpus is text8, but the run to resume has .*made-up\.txt/],
    [['--steps', '10'], /--steps is 10, but the run to resume has done 1350/],
    [['--output', 'nowhere'], /There is no run to resume: no checkpoint in nowhere/],
  ])('is not resumed with %j', async (args, message) => {
    const {exitCode, complaint} = await run(['--resume', '--output', 'whole', ...args]);
    expect(complaint).toMatch(message);
    expect(exitCode).toBe(1);
    expect(existsSync(path.join(folder, 'nowhere'))).toBe(false);
  });

  it('is not resumed on a text that has changed', async () => {
    await writeFile(path.join(folder, 'changing.txt'), 'one text '.repeat(2000));
    await run(['--corpus', 'changing.txt', '--hidden-size', '4', '--steps', '2', '--output', 'changing']);
    await writeFile(path.join(folder, 'changing.txt'), 'two text '.repeat(2000));
    const {exitCode, complaint} = await run(['--resume', '--steps', '5', '--output', 'changing']);
    expect(complaint).toMatch(/was trained on changing\.txt.* now holds another text/);
    expect(exitCode).toBe(1);
  });
});

it('stops at a number that is none, and leaves the checkpoint as it was', async () => {
  await run([...small, '--steps', '2', '--output', 'broken']);
  const checkpointFolder = path.join(folder, 'broken', 'checkpoint');
  const checkpoint = await readCheckpoint(checkpointFolder);
  checkpoint.tensors['parameters/output.bias']!.data.fill(Number.NaN);
  await writeCheckpoint(checkpointFolder, checkpoint);
  const before = (await readdir(checkpointFolder)).sort();

  const {exitCode, complaint} = await run(['--resume', '--steps', '9', '--output', 'broken']);
  expect(exitCode).toBe(1);
  expect(complaint).toMatch(/^Step 2: [\s\S]*The checkpoint after 2 steps stays in broken.checkpoint\.$/m);
  expect((await readdir(checkpointFolder)).sort()).toEqual(before);
});

describe('what cannot be done', () => {
  it('is refused with the options where the command line is at fault', async () => {
    const {exitCode, screen, complaint} = await run(['--stepz', '5']);
    expect([exitCode, screen]).toEqual([2, '']);
    expect(complaint).toMatch(/^--stepz is no option[\s\S]*--hidden-size N/);
  });

  it('is refused before training where the output folder cannot be written', async () => {
    const {exitCode, screen, complaint} = await run([...small, '--output', 'made-up.txt/inside']);
    expect([exitCode, screen]).toEqual([1, '']);
    expect(complaint).toMatch(/The output folder made-up\.txt.inside cannot be written: .*--output/);
  });

  it('is refused where there is no such text, or too little of it', async () => {
    const missing = await run(['--corpus', 'missing.txt', '--output', 'none']);
    expect([missing.exitCode, missing.complaint]).toEqual([1, expect.stringMatching(/missing\.txt cannot be read/)]);
    await writeFile(path.join(folder, 'short.txt'), 'too short');
    const short = await run(['--corpus', 'short.txt', '--output', 'none']);
    expect([short.exitCode, short.complaint]).toEqual([1, expect.stringMatching(/short\.txt has 9 characters/)]);
  });
});

it('shows its options', async () => {
  const {exitCode, screen} = await run(['--help']);
  expect(exitCode).toBe(0);
  for (const option of [
    'program',
    'optimizer',
    'schedule',
    'threads',
    'steps',
    'hidden-size',
    'backend',
    'seed',
    'corpus',
    'output',
    'resume',
    'help',
  ]) {
    expect(screen).toContain(`--${option}`);
  }
});
