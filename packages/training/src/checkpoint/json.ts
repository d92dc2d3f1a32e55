/** What JSON can hold; numbers keep every bit, NaN and the infinities excepted. */
export type JSONValue = null | boolean | number | string | JSONValue[] | JSONObject;

export type JSONObject = {[key: string]: JSONValue | undefined};

export function isJSONObject(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
