// What JavaScript lays out in the shared memory before training starts; the order of the fields is that of
// src/parallel/training-memory.ts. Addresses are bytes; every table is aligned to 16 of them.

/** What all threads have in common; but for `nextChunk` nothing changes while they train. */
@unmanaged
export class Plan {
  /** Bytes of a row of `inputs` and `outputs`: 4 D, rounded up to whole vectors of four. */
  rowBytes: u32;
  window: u32;
  vocabularySize: u32;
  /** 0 where the outputs are the nodes of a Huffman tree. */
  negativeSamples: u32;
  cbow: u32;
  /** For CBOW: whether the context is the mean of its words' vectors, else their sum. */
  mean: u32;
  chunkLength: u32;
  chunksPerEpoch: u32;
  /** Ids in the last chunk of an epoch. */
  lastChunkLength: u32;
  /** Over all epochs. */
  chunks: u32;
  learningRate: f32;
  minimumLearningRate: f32;
  seedLow: u32;
  seedHigh: u32;
  /** The number of the chunk that is claimed next. */
  nextChunk: usize;
  /** Chunk `c` waits in slot `c % slots`: ids, and an owner `c + 1` while they are there, 0 once they were read. */
  slots: u32;
  slotOwners: usize;
  slotIds: usize;
  /** Of every word, the share of its occurrences that is kept, as a multiple of 2^-32. */
  keepThresholds: usize;
  aliasThresholds: usize;
  aliases: usize;
  /** Of every word, where its path begins in `pathSteps`; one more at the end. */
  pathStarts: usize;
  /** A node of the tree times 2, plus the branch that leads on. */
  pathSteps: usize;
  /** The vectors of words [V, D], which is what is wanted. */
  inputs: usize;
  /** The vectors of what is predicted: of words [V, D], or of the nodes of the tree [V - 1, D]. */
  outputs: usize;
}

/** What one thread has to itself. */
@unmanaged
export class Workspace {
  lossSum: f64;
  /** How many predictions `lossSum` is of. */
  lossCount: f64;
  /** The words of the chunk that were kept. */
  sentence: usize;
  /** The rows of this window's context. */
  contextRows: usize;
  /** The rows that are predicted against, the number of them rounded up to a multiple of 3. */
  outputRows: usize;
  /** Of every output row, rate times label, and rate; both 0 for those that only fill up. */
  labels: usize;
  rates: usize;
  /** Dot products, then the gradients of them: one line for every context row. */
  scores: usize;
  /** For CBOW: the context as one vector [D], and what it is to change by [D]. */
  context: usize;
  contextChange: usize;
  /** A row of zeros [D] that fills up. */
  zeros: usize;
}

@inline
export function wordAt(list: usize, index: u32): u32 {
  return load<u32>(list + (<usize>index << 2));
}

@inline
export function setWord(list: usize, index: u32, value: u32): void {
  store<u32>(list + (<usize>index << 2), value);
}
