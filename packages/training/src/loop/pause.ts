/** Milliseconds of work after which signals, timers and the page get a turn. */
const turn = 30;

/** Lets the event loop run when enough time has passed since it last did, so that long work blocks nothing. */
export class Pause {
  #last = performance.now();

  /** Resolves at once within a turn; after it, when the event loop has gone round. */
  async whenDue(): Promise<void> {
    if (performance.now() - this.#last < turn) return;
    await new Promise<void>((resolve) => {
      // A timer of 0 milliseconds waits at least 4 in browsers; a message does not.
      const {port1, port2} = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
    this.#last = performance.now();
  }
}
