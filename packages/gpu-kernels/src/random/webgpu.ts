/** WGSL of the hash of `hash.ts`: a number of the stream of a key is `mix(mix(index) ^ key)`. */
export const hashCode = `
  fn mix(x: u32) -> u32 {
    var bits = (x ^ (x >> 16)) * 0x7feb352d;
    bits = (bits ^ (bits >> 15)) * 0x846ca68b;
    return bits ^ (bits >> 16);
  }`;
