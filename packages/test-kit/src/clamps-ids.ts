/** Whether a backend takes an id outside its table for the nearest one inside, where others throw: a GPU cannot throw. */
export function clampsIds(backend: string): boolean {
  return backend === 'webgl' || backend === 'webgpu';
}
