// The program as its user meets it: built, and started as a process of its own.
import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function run(...args: string[]): Promise<{exitCode: number; screen: string; complaint: string}> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, screen, complaint) =>
      resolve({exitCode: error ? Number(error.code) : 0, screen, complaint}),
    );
  });
}

test('learns, and says what it predicts of the windows held out', async () => {
  const {exitCode, screen, complaint} = await run('--steps', '3');
  expect([exitCode, complaint]).toEqual([0, '']);
  expect(screen.match(/^step .* held-out error \d\.\d{4}$/gm)).toHaveLength(2);
  expect(screen.match(/^ +\d\.\d{4} +\d\.\d{4} +-?\d\.\d{4}$/gm)).toHaveLength(10);
});

test('shows its options, and refuses others', async () => {
  expect((await run('--help')).screen).toContain('--backend NAME');
  const {exitCode, screen, complaint} = await run('--stepz', '5');
  expect([exitCode, screen]).toEqual([2, '']);
  expect(complaint).toMatch(/^--stepz is no option[\s\S]*--steps N/);
});
