/** Reads the records of a file: NDJSON line by line, or a JSON array. */

import { parse } from "../json.js";

/** @typedef {{line: number, text: string, bytes: number}} Line the JSON text of one record, and where it stands */

/**
 * The records of a file, in their order, with the number of bytes of the file that they take.
 * @param {Blob} file
 * @returns {AsyncGenerator<Line>}
 * @throws {Error} if the file is not UTF-8, or is neither NDJSON nor an array
 */
export async function* recordsOf(file) {
  const start = (await file.slice(0, 4096).text()).trimStart();
  if (start.startsWith("[")) yield* ofArray(file);
  else yield* ofLines(file);
}

/**
 * @param {Blob} file
 * @returns {AsyncGenerator<Line>}
 */
async function* ofArray(file) {
  let records;
  try {
    records = parse(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()));
  } catch (error) {
    throw new Error(`The file is not a JSON array: ${/** @type {Error} */ (error).message}`);
  }
  const bytes = file.size / Math.max(records.length, 1);
  for (const [index, record] of records.entries()) yield { line: index + 1, text: JSON.stringify(record), bytes };
}

/**
 * @param {Blob} file
 * @returns {AsyncGenerator<Line>}
 */
async function* ofLines(file) {
  const decoder = /** @type {ReadableWritablePair<string, BufferSource>} */ (
    new TextDecoderStream("utf-8", { fatal: true })
  );
  const reader = file.stream().pipeThrough(decoder).getReader();
  let rest = "";
  let line = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(`The file is not UTF-8 text near line ${line + 1}. Save it as UTF-8.`);
    });
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const text of lines) {
      line += 1;
      if (text.trim()) yield { line, text: text.trim(), bytes: new TextEncoder().encode(text).length + 1 };
    }
    if (done) return;
  }
}
