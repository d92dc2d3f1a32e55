/** The fewest digits that tell a float32 value from its neighbours, as NumPy prints it: `0.1`, `1.0`, `1e-05`. */
export function float32ToText(value: number): string {
  const digits = fewestDigits(value);
  const [, sign, mantissa, exponent] = /^(-?)(\d(?:\.\d+)?)e([+-]\d+)$/.exec(digits)!;
  const power = Number(exponent);
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e16)) {
    return `${sign}${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const whole = String(Number(digits)); // JavaScript too writes these without an exponent
  const negativeZero = Object.is(value, -0) ? '-' : '';
  return `${negativeZero}${whole.includes('.') ? whole : `${whole}.0`}`;
}

function fewestDigits(value: number): string {
  let shortest = value.toExponential(8); // nine digits always do
  let decimals = 7;
  for (; decimals >= 0; decimals--) {
    const shorter = value.toExponential(decimals);
    if (Math.fround(Number(shorter)) !== value) break;
    shortest = shorter;
  }
  return toEven(value, shortest, decimals + 1)
    .replace(/(\.\d*?)0+e/, '$1e')
    .replace('.e', 'e');
}

/** Of two roundings that are equally near the even one, as NumPy has it: `toExponential` takes the larger. */
function toEven(value: number, larger: string, decimals: number): string {
  if (!value.toExponential(decimals + 1).includes('5e')) return larger;
  const [mantissa, exponent] = value.toExponential(100).split('e'); // every digit there is
  const end = mantissa!.indexOf('.') + 1 + decimals;
  const kept = mantissa!.slice(0, end).replace(/\.$/, '');
  const isTie = /^50*$/.test(mantissa!.slice(end));
  return isTie && Number(kept.at(-1)) % 2 === 0 ? `${kept}e${exponent}` : larger;
}

/** As C's `%lf` writes it: six decimals, of two equally near the even one. */
export function sixDecimals(value: number): string {
  const isTie = Number.isInteger(value * 128) && !Number.isInteger(value * 64); // the only float32 halfway between two
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`; // beyond, toFixed writes an exponent
  if (!isTie) return Object.is(value, -0) ? '-0.000000' : value.toFixed(6);
  const below = Math.floor(Math.abs(value) * 1e6);
  return `${value < 0 ? '-' : ''}${((below % 2 === 0 ? below : below + 1) / 1e6).toFixed(6)}`;
}
