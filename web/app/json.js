/** JSON that keeps numbers as they are written: Firestore stores 64 bits, JavaScript 53; and 1.10 stays 1.10. */

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
    typeof value === "number" && context?.source ? written(context.source) : value;
  return JSON.parse(text, exact);
}

/**
 * The JSON number that this text writes, or undefined if it writes none.
 * @param {string} text
 * @returns {unknown}
 */
export function number(text) {
  return NUMBER.test(text) ? written(text) : undefined;
}

/**
 * The number of a value of `parse`, or undefined if it is none.
 * @param {any} value
 * @returns {number | undefined}
 */
export function asNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "object" && value !== null && typeof value.rawJSON === "string"
    ? Number(value.rawJSON)
    : undefined;
}

/**
 * A number if JavaScript writes it with the same digits, else an object that keeps them.
 * @param {string} source
 */
function written(source) {
  const value = Number(source);
  return raw && String(value) !== source ? raw(source) : value;
}
