import pc from 'picocolors';

export interface Measures {
  step: number;
  steps: number;
  loss: number;
  charactersPerSecond: number;
  secondsLeft: number;
}

interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Milliseconds between two pictures of the progress line. */
const pace = 100;

/**
 * What a run says while it goes. On a terminal one line is rewritten in place below the lines that stay; anywhere else
 * only lines that stay are printed.
 */
export class Progress {
  #drawn = false;
  #last = 0;

  constructor(private readonly screen: Screen) {}

  /** Prints a line that stays. */
  say(line = ''): void {
    this.#clear();
    this.screen.write(`${line}\n`);
  }

  /** Redraws the progress line, at most ten times a second; does nothing where there is no terminal. */
  show(line: string): void {
    if (!this.screen.isTTY || performance.now() - this.#last < pace) return;
    this.#last = performance.now();
    this.#clear();
    this.screen.write(line.slice(0, (this.screen.columns ?? 80) - 1));
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.screen.write('\r\u001b[2K');
    this.#drawn = false;
  }
}

/** The line that shows how far training is. */
export function progressLine({step, steps, loss, charactersPerSecond, secondsLeft}: Measures): string {
  return [
    `step ${step} of ${steps} (${Math.floor((100 * step) / steps)} %)`,
    `loss ${loss.toFixed(3)}`,
    `perplexity ${Math.exp(loss).toFixed(2)}`,
    `${Math.round(charactersPerSecond).toLocaleString('en')} characters/s`,
    `${duration(secondsLeft)} left`,
  ].join('   ');
}

/** The line printed at every report. */
export function reportLine(
  report: {step: number; loss: number; perplexity: number; learningRate: number; validationPerplexity?: number},
  {charactersPerSecond, secondsLeft}: Pick<Measures, 'charactersPerSecond' | 'secondsLeft'>,
): string {
  const validation = report.validationPerplexity?.toFixed(3) ?? '-';
  return [
    `step ${String(report.step).padStart(5)}`,
    `loss ${report.loss.toFixed(3)}`,
    `perplexity ${report.perplexity.toFixed(2).padStart(5)}`,
    pc.bold(`validation ${validation}`),
    pc.dim(`rate ${Number(report.learningRate.toPrecision(3))}`),
    pc.dim(`${Math.round(charactersPerSecond).toLocaleString('en')} characters/s`),
    pc.dim(`${duration(secondsLeft)} left`),
  ].join('   ');
}

/** Seconds as people say them: 0:07, 1:02:03. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-:--';
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const clock = `${hours ? String(minutes).padStart(2, '0') : minutes}:${String(rest).padStart(2, '0')}`;
  return hours ? `${hours}:${clock}` : clock;
}
