/** Records as lines of CSV (RFC 4180) whose cells no spreadsheet takes for formulas. */

import { asNumber } from "../json.js";

/** @typedef {import("../api.js").StoredRecord} StoredRecord */

const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/; // also the full-width forms

/**
 * @param {string[]} columns names of fields
 * @returns {string}
 */
export function csvHeader(columns) {
  return line(["id", "createdAt", ...columns, "other"]);
}

/**
 * The cells of one record; fields that have no column are JSON in the last cell.
 * @param {StoredRecord} record
 * @param {string[]} columns
 * @returns {string}
 */
export function csvLine({ id, createdAt, data }, columns) {
  const other = Object.entries(data).filter(([name]) => !columns.includes(name));
  const cells = columns.map((name) => (Object.hasOwn(data, name) ? data[name] : ""));
  return line([id, createdAt, ...cells, other.length > 0 ? JSON.stringify(Object.fromEntries(other)) : ""]);
}

/** @param {unknown[]} cells */
function line(cells) {
  return `${cells.map(cell).join(",")}\r\n`;
}

/** @param {unknown} value */
function cell(value) {
  const isText = typeof value === "string";
  const text = isText ? value : JSON.stringify(value);
  const safe = asNumber(value) === undefined && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
