/** What JSON can hold. Numbers come back exactly, except that -0 comes back as 0. */
export type JSONValue = null | boolean | number | string | JSONValue[] | JSONObject;

export type JSONObject = {[key: string]: JSONValue | undefined};

export function isJSONObject(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * As `JSON.stringify`, which would turn NaN and the infinities into null without a word.
 *
 * @throws RangeError where a number is not finite.
 */
export function stringifyExactly(value: JSONValue, indentation?: number): string {
  const check = (key: string, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) {
      throw new RangeError(`${key} is ${inner}, which JSON cannot hold: expected a finite number, null or text.`);
    }
    return inner;
  };
  return JSON.stringify(value, check, indentation);
}
