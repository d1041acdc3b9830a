/** JSON that keeps whole numbers exact which a double cannot hold: Firestore stores 64 bits, JavaScript shows 53. */

/** @typedef {{rawJSON?: (text: string) => unknown}} RawJson */

const raw = /** @type {RawJson} */ (/** @type {unknown} */ (JSON)).rawJSON;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * @param {string} text
 * @returns {any}
 * @throws {SyntaxError} with the browser's words
 */
export function parse(text) {
  /** @type {(this: any, key: string, value: any, context?: {source?: string}) => any} */
  const exact = (_key, value, context) =>
    raw && typeof value === "number" && context?.source && String(value) !== context.source && isWhole(context.source)
      ? raw(context.source)
      : value;
  return JSON.parse(text, exact);
}

/**
 * The JSON number that this text writes, or undefined if it writes none.
 * @param {string} text
 * @returns {unknown}
 */
export function number(text) {
  if (!NUMBER.test(text)) return undefined;
  return raw && isWhole(text) ? raw(text) : Number(text);
}

/**
 * The number of a value of `parse`, or undefined if it is none.
 * @param {any} value
 * @returns {number | undefined}
 */
export function asNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "object" && value !== null && typeof value.rawJSON === "string" ? Number(value) : undefined;
}

/** @param {string} source */
function isWhole(source) {
  return /^-?\d+$/.test(source);
}
