/** Downloads all records of a filter, page by page, as NDJSON or CSV. */

import { h } from "../dom.js";
import { csvHeader, csvLine } from "./csv.js";

/**
 * @typedef {import("../api.js").StoredRecord} StoredRecord
 * @typedef {import("./record_list.js").Filter} Filter
 * @typedef {"ndjson" | "csv"} Format
 */

const PAGE_SIZE = "500";
const TYPES = { ndjson: "application/x-ndjson", csv: "text/csv;charset=utf-8" };

/**
 * Reads all pages and saves them as one file. Each page becomes a Blob at once, which the browser may keep on disk.
 * @param {import("../api.js").Api} api
 * @param {Filter} filter
 * @param {{format: Format, columns: string[], signal: AbortSignal, onProgress: (count: number) => void}} options
 * @returns {Promise<number>} the number of records
 */
export async function download(api, filter, { format, columns, signal, onProgress }) {
  const parts = format === "csv" ? [new Blob(["\uFEFF", csvHeader(columns)])] : [];
  const query = Object.fromEntries(Object.entries({ ...filter, pageSize: PAGE_SIZE }).filter(([, value]) => value));
  let count = 0;
  for (let token = ""; ; ) {
    const page = await api.list(token ? { ...query, pageToken: token } : query, signal);
    parts.push(new Blob([page.records.map((record) => text(record, format, columns)).join("")]));
    count += page.records.length;
    onProgress(count);
    if (!page.nextPageToken) break;
    token = page.nextPageToken;
  }
  save(new Blob(parts, { type: TYPES[format] }), `records-${new Date().toISOString().slice(0, 10)}.${format}`);
  return count;
}

/**
 * Hands a file to the browser's downloads.
 * @param {Blob} content
 * @param {string} name
 */
export function save(content, name) {
  const address = URL.createObjectURL(content);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/**
 * @param {StoredRecord} record
 * @param {Format} format
 * @param {string[]} columns
 */
function text(record, format, columns) {
  return format === "csv" ? csvLine(record, columns) : `${JSON.stringify(record)}\n`;
}
