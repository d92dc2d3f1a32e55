import type {BackendName} from '@gatefold/gpu-kernels';
import {type PresetName, presets} from './presets';

/** What makes one run another run: the same settings end with the same numbers. Plain JSON, for the checkpoint. */
export type Settings = {
  preset: PresetName;
  steps: number;
  backend: BackendName;
  seed: number;
  /** A named corpus, or the full path of a file. */
  corpus: string;
};

/** The settings given, and those of the preset for the rest. */
export function settingsOf(given: Partial<Settings>): Settings {
  const {preset = 'small'} = given;
  const {steps} = presets[preset];
  return {preset, steps, backend: 'wasm', seed: 1, corpus: 'state-of-the-union', ...given};
}
