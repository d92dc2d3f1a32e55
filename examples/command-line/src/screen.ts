import picocolors from 'picocolors';

/** What is asked of a stream; process.stdout is one. */
export interface ScreenStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  hasColors?(): boolean;
}

type Environment = Record<string, string | undefined>;

/** Milliseconds between two looks of the live line. */
const frame = 100;

/** Lines that stay, and on a terminal one line below them that is written over and over. */
export class Screen {
  /** Whether there is a live line. */
  readonly interactive: boolean;
  /** Does nothing where colour is not wanted. */
  readonly colours: ReturnType<typeof picocolors.createColors>;
  readonly #stream: ScreenStream;
  #live = '';
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(stream: ScreenStream, environment: Environment) {
    this.#stream = stream;
    this.interactive = stream.isTTY === true && environment.TERM !== 'dumb';
    this.colours = picocolors.createColors(this.interactive && !environment.NO_COLOR && stream.hasColors?.() !== false);
  }

  /** Columns that a line may take. The last one is left free, as some terminals wrap at it. */
  get width(): number {
    return (this.#stream.columns || 80) - 1;
  }

  /** A line that stays. */
  line(text = ''): void {
    const erased = this.#erased();
    this.#live = this.#live.slice(0, this.width); // the terminal may have become narrower
    this.#stream.write(`${erased}${text}\n${this.#live}`);
  }

  /**
   * Writes the live line anew, cut to the width; nothing where it was written a moment ago, or off a terminal.
   *
   * @param text without colour; asked for only when it will be shown.
   */
  live(text: () => string): void {
    if (!this.interactive || performance.now() - this.#shownAt < frame) return;
    const erased = this.#erased();
    this.#live = text().slice(0, this.width);
    this.#shownAt = performance.now();
    this.#stream.write(`${erased}${this.#live}`);
  }

  /** Takes the live line away. */
  endLive(): void {
    if (this.#live === '') return;
    this.#stream.write(this.#erased());
    this.#live = '';
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }

  #erased(): string {
    return this.#live === '' ? '' : '\r\x1b[K';
  }
}
