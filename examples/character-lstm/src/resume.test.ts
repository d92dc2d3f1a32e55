import {describe, expect, it} from 'vitest';
import {defaultSettings, settingsOf} from './options';
import {settingsToResume} from './resume';

const record = {settings: {...defaultSettings, steps: 100, seed: 7}, stepsDone: 40};

describe('settingsToResume', () => {
  it('are those of the run, whatever the defaults are', () => {
    expect(settingsToResume({}, record)).toEqual(record.settings);
    expect(settingsToResume({seed: 7, hiddenSize: 64}, record)).toEqual(record.settings);
  });

  it('may have other steps, but no fewer than are done', () => {
    expect(settingsToResume({steps: 500}, record).steps).toBe(500);
    expect(settingsToResume({steps: 40}, record).steps).toBe(40);
    expect(() => settingsToResume({steps: 39}, record)).toThrow('--steps is 39, but the run to resume has done 40.');
  });

  it('may not have other steps where the learning rate ends with them', () => {
    const settings = settingsOf({program: 'text8-small'});
    expect(() => settingsToResume({steps: 6000}, {settings, stepsDone: 5000})).toThrow(
      'falls along a cosine over 5000',
    );
    expect(settingsToResume({steps: 5000}, {settings, stepsDone: 40})).toEqual(settings);
  });

  it.each([
    [{earlyStopping: 3}, '--early-stopping is 3, but the run to resume has none.'],
    [{optimizer: 'adam' as const}, '--optimizer is adam, but the run to resume has sgd.'],
    [{schedule: 'cosine' as const}, '--schedule is cosine, but the run to resume has step.'],
    [{hiddenSize: 32}, '--hidden-size is 32, but the run to resume has 64.'],
    [{program: 'bigram' as const}, '--program is bigram, but the run to resume has fused-gates.'],
    [{seed: 1}, '--seed is 1, but the run to resume has 7.'],
    [{backend: 'cpu' as const}, '--backend is cpu, but the run to resume has wasm.'],
    [{corpus: 'text8'}, '--corpus is text8, but the run to resume has state-of-the-union.'],
  ])('refuse %o', (given, message) => {
    expect(() => settingsToResume(given, record)).toThrow(message);
  });
});
