// Scratch space comes from the allocator of the backend whose memory this module shares.

@external("env", "malloc")
declare function allocate(bytes: usize): usize;

@external("env", "free")
declare function release(pointer: usize): void;

/** A cache line, in bytes. */
const LINE: usize = 64;

/** Memory that begins with a cache line: the backend's own begins anywhere, and every fourth vector lay across two lines. */
export function malloc(bytes: usize): usize {
  const start = allocate(bytes + LINE), aligned = (start + LINE) & ~(LINE - 1);
  store<usize>(aligned - sizeof<usize>(), start);
  return aligned;
}

export function free(pointer: usize): void {
  release(load<usize>(pointer - sizeof<usize>()));
}

/** The address of element `index` of an array of 4-byte values. */
@inline
export function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}
