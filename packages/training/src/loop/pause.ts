/** Milliseconds of work after which signals, timers and the page get a turn. */
const turn = 30;

/** When they last had one by a pause: of all of them together, or many short pieces of work in a row would block a page. */
let last = performance.now();

/** Lets the event loop run when enough time has passed since it last did, so that long work blocks nothing. */
export class Pause {
  /** Resolves at once within a turn; after it, when the event loop has gone round. */
  async whenDue(): Promise<void> {
    if (performance.now() - last < turn) return;
    await new Promise<void>((resolve) => {
      // A timer of 0 milliseconds waits at least 4 in browsers; a message does not.
      const {port1, port2} = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
    last = performance.now();
  }
}
