/** A file of records: chosen or dropped, its progress, and what failed and why. */

import { announce, fill, h } from "../dom.js";
import { Upload } from "../posting/upload.js";
import { save } from "../records/download.js";

const SHOWN = 50; // failures in the list

export class UploadView {
  /** @type {Upload | null} */
  upload = null;

  /**
   * @param {import("../api.js").Api} api
   * @param {import("../posting/schema.js").Schema} schema
   */
  constructor(api, schema) {
    this.api = api;
    this.schema = schema;
    this.input = h("input", { type: "file", id: "file", accept: ".ndjson,.jsonl,.json,application/json" });
    this.input.addEventListener("change", () => this.#choose(this.input.files?.[0]));
    this.status = h("div", { class: "upload-status" });
    this.element = h(
      "div",
      { class: "upload" },
      h(
        "div",
        { class: "drop" },
        h("label", { for: "file" }, "Choose a file"),
        this.input,
        h(
          "p",
          { class: "help" },
          "NDJSON, or a JSON array; or drop it here. The same file again stores nothing twice.",
        ),
      ),
      this.status,
    );
    this.element.addEventListener("dragover", (event) => event.preventDefault());
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#choose(event.dataTransfer?.files[0]);
    });
  }

  get isBusy() {
    return this.upload?.isUnfinished ?? false;
  }

  /** @param {File | undefined} file */
  #choose(file) {
    if (!file) return;
    this.upload?.cancel();
    const upload = new Upload(file, this.api, this.schema);
    this.upload = upload;
    upload.addEventListener("change", () => this.upload === upload && this.#show(upload));
    this.#show(upload);
    void upload.run();
    this.input.value = "";
  }

  /** @param {Upload} upload */
  #show(upload) {
    const focused = document.activeElement?.getAttribute("data-action");
    const text = summary(upload);
    const progress = h("progress", {
      max: Math.max(upload.file.size, 1),
      "aria-label": `Progress of ${upload.file.name}`,
    });
    progress.value = upload.state === "done" ? progress.max : Math.min(upload.read, progress.max);
    fill(
      this.status,
      h("p", {}, h("bdi", { class: "strong" }, upload.file.name), ` ${text}`),
      progress,
      upload.isUnfinished && h("div", { class: "buttons" }, ...controls(upload)),
      upload.error && h("p", { class: "problem" }, upload.error),
      upload.failureCount > 0 && failures(upload),
    );
    if (focused) /** @type {HTMLElement | null} */ (this.status.querySelector(`[data-action=${focused}]`))?.focus();
    if (upload.state !== "running") announce(`${upload.file.name}: ${text}`);
  }
}

/** @param {Upload} upload */
function summary({ state, accepted, failureCount }) {
  const failed = failureCount > 0 ? `, ${failureCount.toLocaleString()} failed` : "";
  const states = { running: "sending", paused: "paused", done: "done", stopped: "stopped" };
  return `${states[state]}: ${accepted.toLocaleString()} accepted${failed}`;
}

/** @param {Upload} upload */
function controls(upload) {
  const toggle =
    upload.state === "paused"
      ? h("button", { type: "button", "data-action": "pause", onclick: () => upload.resume() }, "Resume")
      : h("button", { type: "button", "data-action": "pause", onclick: () => upload.pause() }, "Pause");
  return [toggle, h("button", { type: "button", "data-action": "stop", onclick: () => upload.cancel() }, "Stop")];
}

/** @param {Upload} upload */
function failures({ failures: lines, failureCount, file }) {
  const rows = lines.slice(0, SHOWN).map(({ line, problem }) => h("li", {}, `Line ${line}: `, h("bdi", {}, problem)));
  const text = () => new Blob([lines.map((line) => `${line.text}\n`).join("")], { type: "application/x-ndjson" });
  return h(
    "details",
    { class: "failures", open: true },
    h("summary", {}, `${failureCount.toLocaleString()} not sent`),
    h("ul", { tabindex: "0", "aria-label": "Lines that failed" }, ...rows),
    lines.length > SHOWN && h("p", { class: "help" }, `The first ${SHOWN} are shown.`),
    h("button", { type: "button", onclick: () => save(text(), `failed-${file.name}`) }, "Download these lines"),
  );
}
