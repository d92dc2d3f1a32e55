import {describe, expect, it} from 'vitest';
import {resumeCommand} from './resume-command';

describe('resumeCommand', () => {
  const npm = {npmScript: 'start', defaultOutput: 'output', script: '/anywhere/main.js', startedAs: 'start'};

  it('is that of npm where npm started the program', () => {
    expect(resumeCommand('output', npm)).toBe('npm start -- --resume');
    expect(resumeCommand('output', {...npm, npmScript: 'example', startedAs: 'example'})).toBe(
      'npm run example -- --resume',
    );
    expect(resumeCommand('runs/a', npm)).toBe('npm start -- --resume --output runs/a');
  });

  it('names the script where it was started by itself', () => {
    expect(resumeCommand('output', {...npm, script: `${process.cwd()}/dist/main.js`, startedAs: ''})).toMatch(
      /^node dist.main\.js --resume$/,
    );
  });

  it.skipIf(process.platform === 'win32')('quotes what a shell would take apart', () => {
    expect(resumeCommand("it's here", npm)).toBe(`npm start -- --resume --output 'it'\\''s here'`);
  });
});
