/** The factor that brings gradients of global norm `norm` down to `clipNorm`; 1 where they are within it. */
export function clipScale(norm: number, clipNorm: number | undefined): number {
  return clipNorm !== undefined && norm > clipNorm ? clipNorm / norm : 1;
}
