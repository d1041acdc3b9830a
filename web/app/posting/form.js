/** The form of a record: one input for each field of a flat schema, each with its problems beside it. */

import { h } from "../dom.js";
import { asNumber, number } from "../json.js";
import { pointer } from "./schema.js";

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

  /** The record of the inputs. An empty input that is not required is left out. @returns {Record<string, unknown>} */
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
      const value = record[name];
      if (type === "boolean") /** @type {HTMLInputElement} */ (control).checked = value === true;
      else control.value = asNumber(value) === undefined ? String(value ?? "") : JSON.stringify(value);
    }
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
  const { schema, name, isRequired } = field;
  const label = h(
    "label",
    { for: id },
    schema.title ?? name,
    isRequired && h("span", { class: "required" }, "required"),
  );
  const help = schema.description && h("p", { id: `${id}-help`, class: "help" }, schema.description);
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
function control({ schema, type, isRequired }, id, described) {
  const common = {
    id,
    "aria-describedby": described,
    "aria-required": String(isRequired),
    autocomplete: "off",
    readonly: schema.readOnly,
  };
  if (type === "enum") {
    const options = (schema.enum ?? []).map((value) => h("option", {}, String(value)));
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
function fieldValue({ type, isRequired }, control) {
  if (type === "boolean") {
    const { checked } = /** @type {HTMLInputElement} */ (control);
    return checked || isRequired ? checked : undefined;
  }
  if (control.value === "") return isRequired && type === "string" ? "" : undefined;
  if (type === "number" || type === "integer") return number(control.value.trim()) ?? control.value;
  return control.value;
}

/** @param {string} problem */
function sentence(problem) {
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1).replace(/\.$/, "")}.`;
}
