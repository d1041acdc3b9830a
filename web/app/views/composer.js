/** Where a record is written: as a form, as JSON, or from a file. The draft survives a reload and a sign-in. */

import { fill, h } from "../dom.js";
import { parse } from "../json.js";
import { RecordForm } from "../posting/form.js";
import { fieldsOf, problemsOf } from "../posting/schema.js";
import { stored } from "../storage.js";
import { outboxView } from "./outbox_view.js";
import { UploadView } from "./upload_view.js";

/**
 * @typedef {import("../errors.js").Problem} Problem
 * @typedef {"Form" | "JSON" | "File"} Mode
 */

export class Composer {
  /** @type {Mode} */
  #mode;

  /**
   * @param {import("../api.js").Api} api
   * @param {import("../posting/outbox.js").Outbox} outbox
   * @param {import("../posting/schema.js").Schema} schema
   * @param {string} user
   */
  constructor(api, outbox, schema, user) {
    this.outbox = outbox;
    this.schema = schema;
    this.draft = stored(`draft ${user}`);
    const fields = fieldsOf(schema);
    this.modes = /** @type {Mode[]} */ (fields ? ["Form", "JSON", "File"] : ["JSON", "File"]);
    this.form = new RecordForm();
    this.form.show(fields ?? []);
    this.editor = h("textarea", {
      "aria-label": "Record as JSON",
      "aria-describedby": "post-problems",
      class: "code",
      rows: 8,
      spellcheck: "false",
    });
    this.problems = h("div", { id: "post-problems", class: "problem", role: "alert" });
    this.upload = new UploadView(api, schema);
    const draft = /** @type {{mode: Mode, text: string} | null} */ (this.draft.read());
    this.#mode = draft && this.modes.includes(draft.mode) ? draft.mode : /** @type {Mode} */ (this.modes[0]);
    this.#write(draft?.text ?? "");
    this.element = h("section", { class: "composer card", "aria-labelledby": "composer-title" });
    this.element.addEventListener("input", () => this.save());
    this.sent = outboxView(outbox);
    this.#show();
  }

  /** Keeps the draft for after a reload. */
  save() {
    this.draft.write({ mode: this.#mode, text: this.#text() });
  }

  #show() {
    const tabs = this.modes.map((mode) =>
      h(
        "button",
        { type: "button", "aria-pressed": String(mode === this.#mode), onclick: () => this.#switch(mode) },
        mode,
      ),
    );
    const isFile = this.#mode === "File";
    const submit = h(
      "form",
      { novalidate: true, class: "post", onsubmit: (/** @type {Event} */ event) => void this.#submit(event) },
      this.#mode === "Form" ? this.form : this.editor,
      this.problems,
      h("div", { class: "buttons" }, h("button", { class: "primary" }, "Post record"), this.#exampleButton()),
    );
    fill(
      this.element,
      h("h2", { id: "composer-title" }, "New record"),
      h("div", { class: "segments", role: "group", "aria-label": "How to write it" }, ...tabs),
      isFile ? this.upload.element : submit,
      this.sent,
    );
  }

  #exampleButton() {
    const example = this.schema.examples?.[0];
    const use = () => {
      const text = JSON.stringify(example, null, 2);
      if (this.#mode === "Form" && this.#formProblem(text)) this.#mode = "JSON";
      this.#write(text);
      this.save();
      this.#show();
    };
    return example !== undefined && h("button", { type: "button", class: "quiet", onclick: use }, "Use the example");
  }

  /** @param {Mode} mode */
  #switch(mode) {
    const text = this.#text();
    const problem = mode === "Form" && this.#formProblem(text);
    if (problem) return fill(this.problems, h("p", {}, problem));
    this.#mode = mode;
    this.#write(text);
    this.#showProblems([], "");
    this.save();
    this.#show();
    return /** @type {HTMLElement | null} */ (this.element.querySelector('[aria-pressed="true"]'))?.focus();
  }

  /** Why this text cannot be shown as a form, so that nothing of it is lost. @param {string} text */
  #formProblem(text) {
    try {
      const record = parse(text || "{}");
      if (record === null || typeof record !== "object") return "A record is a JSON object. Correct it in the editor.";
      const lost = this.form.lossesOf(record).join(", ");
      return lost && `The form cannot show this value of ${lost}. Change or remove it, or post the record as JSON.`;
    } catch {
      return "This is not JSON yet. Correct it, or empty it, before you go on in the form.";
    }
  }

  /** The draft as JSON; what is typed as JSON need not be valid. */
  #text() {
    return this.#mode === "Form" ? JSON.stringify(this.form.value, null, 2) : this.editor.value;
  }

  /** @param {string} text */
  #write(text) {
    this.editor.value = text === "{}" ? "" : text;
    try {
      const record = parse(text || "{}");
      if (record && typeof record === "object") this.form.value = record; // in the mode JSON it may not fit: nobody sees it
    } catch {
      // not valid yet: it stays in the editor
    }
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    const text = this.#mode === "Form" ? JSON.stringify(this.form.value) : this.editor.value;
    const problems = this.#check(text);
    this.#showProblems(problems, "");
    if (problems.length > 0) return;
    const sending = this.outbox.send(text);
    this.#clear();
    const item = await sending;
    if (item.state !== "failed" || !item.problems?.length) return;
    if (!this.#isEmpty()) return; // something new is being typed
    this.#write(text);
    this.outbox.dismiss(item);
    this.#showProblems(item.problems, item.reason ?? "");
    this.save();
  }

  #isEmpty() {
    const values = this.#mode === "Form" ? Object.values(this.form.value) : [this.editor.value];
    return values.every((value) => value === "" || value === false || value === null);
  }

  #clear() {
    this.form.value = {};
    this.editor.value = "";
    this.save();
  }

  /** @param {string} text @returns {Problem[]} */
  #check(text) {
    try {
      return problemsOf(this.schema, parse(text));
    } catch (error) {
      return [{ field: "", problem: `This is not JSON: ${/** @type {Error} */ (error).message}` }];
    }
  }

  /**
   * @param {Problem[]} problems
   * @param {string} reason
   */
  #showProblems(problems, reason) {
    const rest = this.#mode === "Form" ? this.form.showProblems(problems) : problems;
    if (problems.length > 0 && this.#mode === "JSON") this.editor.focus();
    this.editor.setAttribute("aria-invalid", String(problems.length > 0));
    fill(
      this.problems,
      reason && problems.length === 0 && h("p", {}, reason),
      ...rest.map(({ field, problem }) => h("p", {}, `${field} ${problem}`.trim())),
    );
  }
}
