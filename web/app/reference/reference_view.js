/** The reference of the API: all operations and types of the contract, made from what this deployment serves. */

import { fill, h } from "../dom.js";
import { loadContract, operationsOf, textOf } from "./contract.js";
import { callOf, operationView } from "./operation_view.js";
import { fieldsView, typeOf } from "./schema_view.js";

/**
 * @typedef {import("./contract.js").Contract} Contract
 * @typedef {import("./contract.js").Operation} Operation
 * @typedef {import("./contract.js").Schema} Schema
 * @typedef {import("../session/session.js").Session} Session
 */

export class ReferenceView {
  /** @type {Promise<void> | null} */
  #loaded = null;

  /**
   * @param {HTMLElement} element
   * @param {Session} session
   */
  constructor(element, session) {
    this.element = element;
    this.session = session;
  }

  /** Whether something is typed that would be lost with the page. */
  get isBusy() {
    /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */
    const fields = this.element.querySelectorAll("input, textarea");
    return [...fields].some(({ value, defaultValue }) => value !== defaultValue);
  }

  /**
   * Shows the part of this name: an operation's or a type's; the whole page from its top if there is none.
   * @param {string} name
   */
  async show(name) {
    this.#loaded ??= this.#load();
    await this.#loaded;
    const part = name ? document.getElementById(name) : this.element.querySelector("h1");
    part?.scrollIntoView();
    /** @type {HTMLElement | null | undefined} */ (part)?.focus({ preventScroll: true });
  }

  async #load() {
    fill(this.element, h("p", { class: "help" }, "Reading the contract …"));
    try {
      fill(this.element, ...sections(await loadContract(), this.session));
    } catch (error) {
      this.#loaded = null; // the next visit tries again
      const text = `The reference cannot be shown. ${/** @type {Error} */ (error).message} Try again in a moment.`;
      fill(this.element, h("p", { class: "problem", role: "alert" }, text));
    }
  }
}

/**
 * @param {Contract} contract
 * @param {Session} session
 */
function sections(contract, session) {
  const { info, servers, tags, components } = contract;
  const operations = operationsOf(contract);
  const address = new URL(servers[0]?.url ?? "/", location.href).href.replace(/\/$/, "");
  return [
    h("a", { class: "back", href: "#/" }, "← Records"),
    h("h1", { tabindex: "-1" }, `${info.title} ${info.version}`),
    h("p", {}, info.description),
    h(
      "p",
      {},
      "Address: ",
      h("code", {}, address),
      ". The same as a document for generators: ",
      h("a", { href: "/openapi.json" }, "openapi.json"),
      ".",
    ),
    signInLine(session),
    h("nav", { class: "card", "aria-label": "Operations" }, h("ul", {}, ...operations.map(link))),
    ...tags.flatMap(({ name, description }) => [
      h("h2", {}, description.replace(/\.$/, "")),
      ...operations.filter(({ tags: own }) => own.includes(name)).map((operation) => operationView(operation, session)),
    ]),
    h("h2", {}, "Types"),
    ...Object.entries(components.schemas).map(typeView),
  ];
}

/** For who is not signed in. @param {Session} session */
function signInLine(session) {
  const button = h("button", { type: "button", onclick: () => session.signIn() }, "Sign in");
  const line = h("p", {}, button, " to try what needs a token.");
  const update = () => {
    line.hidden = session.state === "signed-in" || !session.config.signIn;
  };
  session.addEventListener("change", update);
  update();
  return line;
}

/** @param {Operation} operation */
function link({ operationId, method, path, summary }) {
  return h("li", {}, h("a", { href: `#/reference/${operationId}` }, callOf(method, path)), " ", summary);
}

/** @param {[string, Schema]} component */
function typeView([name, schema]) {
  const example = schema.examples?.[0];
  return h(
    "section",
    { class: "operation card", id: name, tabindex: "-1", "aria-labelledby": `${name}-title` },
    h("h3", { id: `${name}-title` }, h("code", {}, name), " ", h("span", { class: "type" }, ...typeOf(schema))),
    schema.description && h("p", {}, schema.description),
    fieldsView(schema),
    example !== undefined &&
      h("pre", { class: "code", tabindex: "0", "aria-label": `Example of ${name}` }, textOf(example)),
  );
}
