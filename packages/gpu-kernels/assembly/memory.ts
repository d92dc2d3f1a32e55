// Scratch space comes from the allocator of the backend whose memory this module shares.

@external("env", "malloc")
export declare function malloc(bytes: usize): usize;

@external("env", "free")
export declare function free(pointer: usize): void;

/** The address of element `index` of an array of 4-byte values. */
@inline
export function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}
