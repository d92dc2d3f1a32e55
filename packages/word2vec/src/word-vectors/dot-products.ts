/**
 * The dot products of a vector `[D]` with the first `count` rows of a matrix `[rows, D]`. Four rows at a time, so that
 * each value of the vector is loaded once for all, and their sums do not wait for one another.
 */
export function dotProducts(vector: Float32Array, matrix: Float32Array, count: number): Float32Array {
  const size = vector.length;
  const products = new Float32Array(count);
  let row = 0;
  for (; row + 4 <= count; row += 4) {
    let [first, second, third, fourth] = [0, 0, 0, 0] as [number, number, number, number];
    const from = row * size;
    for (let at = 0; at < size; at++) {
      const value = vector[at]!;
      first += value * matrix[from + at]!;
      second += value * matrix[from + size + at]!;
      third += value * matrix[from + 2 * size + at]!;
      fourth += value * matrix[from + 3 * size + at]!;
    }
    products[row] = first;
    products[row + 1] = second;
    products[row + 2] = third;
    products[row + 3] = fourth;
  }
  for (; row < count; row++) {
    let sum = 0;
    for (let at = 0; at < size; at++) sum += vector[at]! * matrix[row * size + at]!;
    products[row] = sum;
  }
  return products;
}
