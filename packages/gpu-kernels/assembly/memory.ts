// Scratch space comes from the allocator of the backend whose memory this module shares.

// @ts-ignore: decorator
@external("env", "malloc")
export declare function malloc(bytes: usize): usize;

// @ts-ignore: decorator
@external("env", "free")
export declare function free(pointer: usize): void;

/** The address of element `index` of an array of 4-byte values. */
// @ts-ignore: decorator
@inline
export function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}
