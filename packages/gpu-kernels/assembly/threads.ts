// Work shared by threads that all run this module on one memory.
//
// The main thread posts a job of some chunks and takes part in it; whichever thread is free claims the next chunk. One
// that comes late finds less to do, and where none comes the main thread does it all, so nothing ever waits for a thread
// to wake up. What a chunk computes does not depend on who does it: results are the same bits with any number of threads.
//
// A thread begins with the chunks that are its own by their place, as long as nobody else has taken them: where the same job
// comes again and again, the data that it reads then lie in the caches of its core.
//
// A claim is a compare-and-swap of one number that holds both the job and what is left of it, so a thread that slept
// through the end of a job cannot take a part of the next by what it knows of the last. A thread reads what the job is
// only after it has claimed a part, which keeps the job as it is until that part is done.

import { runChunk } from "./jobs";

/** A cache line of the shared memory, which threads watch; `src/backends/wasm-threads-pool.ts` knows it and the two behind. */
@unmanaged
class Board {
  /** A bit for each part of the job that nobody has claimed. */
  left: u32;
  jobNumber: u32;
  /** Not 0 once a thread has ended by an error. */
  failed: i32;
  /** How many threads sleep, or are about to. */
  sleeping: i32;
}

/** Where the line lies that counts how many parts are done: the main thread watches it, which must not disturb a claim. */
const DONE: usize = 64;

/** The line behind it, which every thread reads. */
@unmanaged
class Job {
  kind: i32;
  job: usize;
  chunks: i32;
  /** At most 32 of as many chunks, but for the last. */
  parts: i32;
  chunksInPart: i32;
}

@inline
function jobOnBoard(): Job {
  return changetype<Job>(board + 128);
}

/** 0 where this thread is alone. */
let board: usize = 0;
let threadCount: i32 = 1;
let thread: i32 = 0;
let patience: i32 = 0;
let mayWait: bool = false;

/**
 * @param at the board, or 0 to be alone again.
 * @param index 0 is the main thread.
 * @param looks how often to look for what is awaited before sleeping.
 * @param sleeps whether this thread may sleep: the main thread of a page may not.
 */
export function joinThreads(at: usize, count: i32, index: i32, looks: i32, sleeps: bool): void {
  board = at;
  threadCount = at ? count : 1;
  thread = index;
  patience = looks;
  mayWait = sleeps;
}

/** Multiply-adds below which work is not worth another thread's attention: some 10 microseconds. */
const WORTH: i64 = 250_000;

/** The same for a product that is one of many in quick succession, so that no thread sleeps, and reads more than it computes. */
const WORTH_OF_STEP: i64 = 50_000;

/** How many threads a job of that much work is for. */
export function threadsFor(multiplyAdds: i64): i32 {
  return multiplyAdds < WORTH ? 1 : threadCount;
}

export function threadsForStep(multiplyAdds: i64): i32 {
  return multiplyAdds < WORTH_OF_STEP ? 1 : threadCount;
}

/** A part of the job on the board, or -1. */
function claim(): i32 {
  while (true) {
    const ticket = atomic.load<u64>(board), left = <u32>ticket;
    if (left == 0) return -1;
    // Where this is not of the job of the ticket, nor is the claim one.
    const own = left & (<u32>-1 << <u32>(thread * jobOnBoard().parts / threadCount));
    const part = ctz(own ? own : left);
    if (atomic.cmpxchg<u64>(board, ticket, ticket ^ (<u64>1 << part)) == ticket) return part;
  }
}

function takePart(): void {
  const shared = jobOnBoard();
  for (let part = claim(); part >= 0; part = claim()) {
    const first = part * shared.chunksInPart, end = min(first + shared.chunksInPart, shared.chunks);
    for (let chunk = first; chunk < end; chunk++) runChunk(shared.kind, shared.job, chunk, thread);
    atomic.add<i32>(board, 1, DONE);
  }
}

/** What the other threads do: takes part in jobs until there has been none for a while. */
export function takePartForAWhile(): void {
  for (let look = 0; look < patience; look++) {
    if (atomic.load<u32>(board) == 0) continue;
    takePart();
    look = 0;
  }
}

/** So that threads are awake for a job that will be there within their patience: waking takes as long as many a job does. */
export function wakeThreads(): void {
  if (board && atomic.load<i32>(board, offsetof<Board>("sleeping"))) {
    atomic.notify(board + offsetof<Board>("jobNumber"), threadCount - 1);
  }
}

/** Does all chunks of a job, with the other threads where there are any; `job` is what `runChunk` takes for this kind. */
export function share(kind: i32, job: usize, chunks: i32): void {
  if (threadCount == 1 || chunks < 2) {
    for (let chunk = 0; chunk < chunks; chunk++) runChunk(kind, job, chunk, thread);
    return;
  }
  const shared = jobOnBoard();
  // One that comes again at every step is left as it stands in the caches of the others.
  if (shared.job != job || shared.kind != kind || shared.chunks != chunks) {
    shared.kind = kind;
    shared.job = job;
    shared.chunks = chunks;
    shared.chunksInPart = chunksOf(chunks, 32);
    shared.parts = chunksOf(chunks, shared.chunksInPart);
  }
  atomic.store<i32>(board, 0, DONE);
  const jobNumber = changetype<Board>(board).jobNumber + 1;
  atomic.store<u64>(board, (<u64>jobNumber << 32) | <u64>(<u32>-1 >>> (32 - shared.parts)));
  wakeThreads();
  takePart();
  awaitOthers();
}

/**
 * Keeps nothing in a variable that it could not do without: what V8's first compiler (of version 11.3, in Node 20) puts on
 * the stack for `atomic.wait` lies over the variable beside it.
 */
function awaitOthers(): void {
  for (let look = 0; ; look++) {
    const done = atomic.load<i32>(board, DONE);
    if (done == jobOnBoard().parts) return;
    if ((look & 255) == 255 && atomic.load<i32>(board, offsetof<Board>("failed"))) unreachable();
    // With fewer cores than threads, one that works may be waiting for this core.
    if (mayWait && look > patience) atomic.wait<i32>(board + DONE, done, 50_000);
  }
}

/**
 * How many rows of a batch one thread carries through time, where that takes so many multiply-adds for all of it: a
 * multiple of 4, so that no row moves to another tile.
 */
export function rowsPerChunk(batch: i32, multiplyAdds: i64): i32 {
  const count = threadsFor(multiplyAdds);
  return count == 1 ? max(batch, 1) : max(4, ((batch + count - 1) / count + 3) & ~3);
}

/** How many chunks of `size` there are in `total`. */
export function chunksOf(total: i32, size: i32): i32 {
  return (total + size - 1) / size;
}
