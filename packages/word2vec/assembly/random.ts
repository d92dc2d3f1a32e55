// SplitMix64 (Steele, Lea & Flood 2014): a counter and a mixing function. 64 good bits for two multiplications, and any
// seed is as good as another, so every chunk has a stream of its own.

let state: u64 = 0;

@inline
function mix(value: u64): u64 {
  let bits = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

export function seedRandom(seed: u64, chunk: u32): void {
  state = mix(mix(seed) + chunk);
}

@inline
export function random(): u64 {
  state += 0x9e3779b97f4a7c15;
  return mix(state);
}

/** A whole number in [0, bound). */
@inline
export function randomBelow(bound: u32): u32 {
  return <u32>(((random() >> 32) * bound) >> 32);
}
