/** The form of a record: one input for each field of a flat schema, each with its problems beside it. */

import { h } from "../dom.js";
import { number, parse } from "../json.js";
import { pointer, textOf } from "./schema.js";

/**
 * @typedef {import("./schema.js").Field} Field
 * @typedef {import("../errors.js").Problem} Problem
 * @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control
 */

const FORMATS = /** @type {Record<string, string>} */ ({ date: "date", email: "email", uri: "url" });
const LONG = 120; // characters from which a text gets an area of several lines

export class RecordForm extends HTMLElement {
  /** @type {Field[]} */
  #fields = [];

  /** @param {Field[]} fields */
  show(fields) {
    this.#fields = fields;
    this.replaceChildren(...fields.map((field, index) => row(field, `field-${index}`)));
  }

  /**
   * The record of the inputs. An empty input is left out, or null or an empty text if the field is required.
   * @returns {Record<string, unknown>}
   */
  get value() {
    /** @type {[string, unknown][]} */
    const entries = this.#fields.flatMap((field, index) => {
      const value = fieldValue(field, this.#control(index));
      return value === undefined ? [] : [[field.name, value]];
    });
    return Object.fromEntries(entries);
  }

  /** @param {Record<string, unknown>} record */
  set value(record) {
    for (const [index, { name, type }] of this.#fields.entries()) {
      const control = this.#control(index);
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      if (type === "boolean") /** @type {HTMLInputElement} */ (control).checked = value === true;
      else if (type === "choice") control.value = value === undefined ? "" : JSON.stringify(value);
      else control.value = textOf(value ?? "");
    }
  }

  /**
   * Shows a record, and returns the names of its fields that the form would change: it has no input for such a value.
   * @param {Record<string, unknown>} record
   * @returns {string[]}
   */
  lossesOf(record) {
    this.value = record;
    const shown = this.value;
    return Object.keys(record).filter((name) => JSON.stringify(record[name]) !== JSON.stringify(shown[name]));
  }

  /**
   * Shows each problem at its field, focuses the first, and returns those that belong to no field.
   * @param {Problem[]} problems
   * @returns {Problem[]}
   */
  showProblems(problems) {
    let isFocused = false;
    for (const [index, field] of this.#fields.entries()) {
      const control = this.#control(index);
      const own = problems.filter((problem) => problem.field === pointer(field.name));
      const text = own.map((problem) => sentence(problem.problem)).join(" ");
      /** @type {HTMLElement} */ (this.querySelector(`#field-${index}-problem`)).textContent = text;
      control.setAttribute("aria-invalid", String(own.length > 0));
      if (own.length > 0 && !isFocused) control.focus();
      isFocused ||= own.length > 0;
    }
    const names = new Set(this.#fields.map((field) => pointer(field.name)));
    return problems.filter((problem) => !names.has(problem.field));
  }

  /** @param {number} index @returns {Control} */
  #control(index) {
    return /** @type {Control} */ (this.querySelector(`#field-${index}`));
  }
}

customElements.define("record-form", RecordForm);

/**
 * @param {Field} field
 * @param {string} id
 */
function row(field, id) {
  const { schema, name, isNullable } = field;
  const isRequired = field.isRequired && !isNullable;
  const label = h(
    "label",
    { for: id },
    schema.title ?? name,
    isRequired && h("span", { class: "required" }, "required"),
  );
  const words = [schema.description, field.isRequired && isNullable && "Left empty, it is null."].filter(Boolean);
  const help = words.length > 0 && h("p", { id: `${id}-help`, class: "help" }, words.join(" "));
  const described = [help && `${id}-help`, `${id}-problem`].filter(Boolean).join(" ");
  const problem = h("p", { id: `${id}-problem`, class: "problem" });
  return h("div", { class: `field ${field.type}` }, label, control(field, id, described), help, problem);
}

/**
 * @param {Field} field
 * @param {string} id
 * @param {string} described
 * @returns {Control}
 */
function control({ schema, type, choices, isRequired, isNullable }, id, described) {
  const common = {
    id,
    "aria-describedby": described,
    "aria-required": String(isRequired && !isNullable),
    autocomplete: "off",
    readonly: schema.readOnly,
  };
  if (type === "choice") {
    const options = choices.map((value) => h("option", { value: JSON.stringify(value) }, textOf(value)));
    return h("select", common, h("option", { value: "" }, "–"), ...options);
  }
  if (type === "boolean") return h("input", { ...common, type: "checkbox" });
  if (type === "number" || type === "integer") return h("input", { ...common, inputmode: "decimal" });
  const kind = FORMATS[schema.format ?? ""];
  if (kind) return h("input", { ...common, type: kind });
  const rows = (schema.maxLength ?? 0) > LONG ? 4 : 1;
  return h("textarea", { ...common, rows, dir: "auto" });
}

/**
 * @param {Field} field
 * @param {Control} control
 * @returns {unknown} undefined if the field is left out
 */
function fieldValue({ type, isRequired, isNullable }, control) {
  if (type === "boolean") return /** @type {HTMLInputElement} */ (control).checked;
  if (control.value === "" && isRequired && isNullable) return null;
  if (control.value === "") return isRequired && type === "string" ? "" : undefined;
  if (type === "choice") return parse(control.value);
  if (type === "number" || type === "integer") return number(control.value.trim()) ?? control.value;
  return control.value;
}

/** @param {string} problem */
function sentence(problem) {
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1).replace(/\.$/, "")}.`;
}
