/**
 * Sends the records of a file in batches. The Idempotency-Key of a batch follows from its contents and its place, so
 * that the same file again, after a break or a reload, stores nothing twice.
 */

import { ApiError, faultText } from "../errors.js";
import { parse } from "../json.js";
import { recordsOf } from "./file_records.js";
import { problemsOf } from "./schema.js";

/**
 * @typedef {import("./file_records.js").Line} Line
 * @typedef {{line: number, text: string, problem: string}} Failure
 */

const MOST_RECORDS = 1_000;
const MOST_BYTES = 7_500_000; // the API takes 8 MiB
const SHOWN_AT_MOST = 10_000; // failures that are kept

export class Upload extends EventTarget {
  accepted = 0;
  read = 0; // bytes
  failureCount = 0;
  /** @type {Failure[]} */
  failures = [];
  /** @type {"running" | "paused" | "done" | "stopped"} */
  state = "running";
  error = ""; // why it stopped
  #stop = new AbortController();

  /**
   * @param {File} file
   * @param {import("../api.js").Api} api
   * @param {import("./schema.js").Schema} schema
   */
  constructor(file, api, schema) {
    super();
    Object.assign(this, { file, api, schema });
    this.file = file;
    this.api = api;
    this.schema = schema;
  }

  get isUnfinished() {
    return this.state === "running" || this.state === "paused";
  }

  async run() {
    try {
      for await (const batch of this.#batches()) await this.#send(batch, 0);
      this.#set("done");
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.error = error instanceof ApiError ? faultText(error) : /** @type {Error} */ (error).message;
      this.#set("stopped");
    }
  }

  pause() {
    if (this.state === "running") this.#set("paused");
  }

  resume() {
    if (this.state === "paused") this.#set("running");
  }

  cancel() {
    this.#stop.abort();
    this.error = "You stopped it. Choose the same file again to go on: nothing is stored twice.";
    this.#set("stopped");
  }

  /** @returns {AsyncGenerator<Line[]>} */
  async *#batches() {
    /** @type {Line[]} */
    let batch = [];
    let size = 0;
    for await (const line of recordsOf(this.file)) {
      const length = line.text.length * 3; // the most bytes that these characters can take
      if (batch.length === MOST_RECORDS || (size + length > MOST_BYTES && batch.length > 0)) {
        yield batch;
        [batch, size] = [[], 0];
      }
      batch.push(line);
      size += length;
    }
    if (batch.length > 0) yield batch;
  }

  /**
   * Leaves out the lines that are invalid, and splits a batch that is rejected for another reason.
   * @param {Line[]} batch
   * @param {number} depth
   * @returns {Promise<void>}
   */
  async #send(batch, depth) {
    const valid = depth === 0 ? batch.filter((line) => this.#isValid(line)) : batch;
    const bytes = batch.reduce((sum, line) => sum + line.bytes, 0);
    try {
      if (valid.length > 0) this.accepted += await this.#post(valid);
      this.read += bytes;
      this.dispatchEvent(new Event("change"));
    } catch (fault) {
      if (!(fault instanceof ApiError) || (fault.status !== 400 && fault.status !== 413)) throw fault;
      await this.#sendWithout(fault, valid, bytes, depth);
    }
  }

  /**
   * @param {ApiError} fault
   * @param {Line[]} lines
   * @param {number} bytes
   * @param {number} depth
   * @returns {Promise<void>}
   */
  async #sendWithout(fault, lines, bytes, depth) {
    const problems = new Map(fault.details.map(({ line, field, problem }) => [line, `${field} ${problem}`.trim()]));
    const rest = lines.filter((_, index) => !problems.has(index + 1));
    if (rest.length < lines.length) {
      for (const [index, line] of lines.entries()) {
        const problem = problems.get(index + 1);
        if (problem) this.#fail(line, problem);
      }
      const own = rest.reduce((sum, line) => sum + line.bytes, 0);
      this.read += bytes - own;
      return await this.#send(rest, depth + 1);
    }
    if (lines.length === 1) {
      this.read += bytes;
      return this.#fail(/** @type {Line} */ (lines[0]), fault.message);
    }
    const half = Math.ceil(lines.length / 2);
    await this.#send(lines.slice(0, half), depth + 1);
    return await this.#send(lines.slice(half), depth + 1);
  }

  /**
   * @param {Line[]} lines
   * @returns {Promise<number>} how many were accepted
   */
  async #post(lines) {
    await this.#untilRunning();
    const body = lines.map((line) => line.text).join("\n");
    const key = `${lines[0]?.line}-${await digest(body)}`;
    const answer = await this.api.post(body, key, this.#stop.signal, "application/x-ndjson");
    return answer.records.length;
  }

  /** @param {Line} line */
  #isValid(line) {
    let problem;
    try {
      const found = problemsOf(this.schema, parse(line.text))[0];
      problem = found && `${found.field} ${found.problem}`.trim();
    } catch (error) {
      problem = `is not JSON: ${/** @type {Error} */ (error).message}`;
    }
    if (problem) this.#fail(line, problem);
    return !problem;
  }

  /**
   * @param {Line} line
   * @param {string} problem
   */
  #fail({ line, text }, problem) {
    this.failureCount += 1;
    if (this.failures.length < SHOWN_AT_MOST) this.failures.push({ line, text, problem });
    this.dispatchEvent(new Event("change"));
  }

  async #untilRunning() {
    while (this.state === "paused")
      await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    this.#stop.signal.throwIfAborted();
  }

  /** @param {Upload["state"]} state */
  #set(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {string} text */
async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
