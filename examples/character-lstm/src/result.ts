import type {Evaluation} from '@gatefold/training';

/** The figures of a finished run, as they stand in result.json, on the screen and in the report. */
export interface Result {
  corpus: string;
  characters: number;
  steps: number;
  seconds: number;
  seed: number;
  hiddenSize: number;
  backend: string;
  /** Symbol by symbol on the first characters, as in the classic exercise. */
  validation: Figures;
  /** Symbol by symbol on the last characters, never trained on and never looked at before the end. */
  heldOut: Figures;
  versions: Record<string, string>;
}

export interface Figures {
  characters: number;
  perplexity: number;
  bitsPerCharacter: number;
}

export function figures({perplexity, bitsPerSymbol, symbols}: Evaluation): Figures {
  return {characters: symbols + 1, perplexity, bitsPerCharacter: bitsPerSymbol};
}

/** The result as lines for the screen. */
export function resultLines({steps, seconds, validation, heldOut}: Result): string[] {
  const line = (name: string, {characters, perplexity, bitsPerCharacter}: Figures) =>
    `${name} ${characters.toLocaleString('en')} characters:`.padEnd(32) +
    `perplexity ${perplexity.toFixed(3)}   ${bitsPerCharacter.toFixed(3)} bits a character`;
  return [`${steps} steps in ${seconds.toFixed(1)} s`, line('first', validation), line('held-out', heldOut)];
}
