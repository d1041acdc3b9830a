/** Shows one operation: what it does, what it takes, what it answers, and a form to try it. */

import { h } from "../dom.js";
import { examplesOf, textOf } from "./contract.js";
import { fieldsView, fieldView, typeOf } from "./schema_view.js";
import { tryIt } from "./try_it.js";

/**
 * @typedef {import("./contract.js").Answer} Answer
 * @typedef {import("./contract.js").MediaType} MediaType
 * @typedef {import("./contract.js").Operation} Operation
 */

/**
 * @param {Operation} operation
 * @param {import("../session/session.js").Session} session
 * @returns {HTMLElement}
 */
export function operationView(operation, session) {
  const { operationId, method, path, summary, description, parameters = [], requestBody, responses } = operation;
  const fields = parameters.map(({ in: place, required = false, ...parameter }) =>
    fieldView({ ...parameter, place, isRequired: required }),
  );
  return h(
    "section",
    { class: "operation card", id: operationId, "aria-labelledby": `${operationId}-title`, tabindex: "-1" },
    h("h3", { id: `${operationId}-title` }, callOf(method, path), " ", h("span", {}, summary)),
    description && h("p", {}, description),
    h("p", { class: "help" }, operation.needsToken ? "Needs a token." : "Needs no token."),
    ...titled("Parameters", fields.length > 0 && h("ul", { class: "described" }, ...fields)),
    ...titled("Body", requestBody && contentView(requestBody.content)),
    ...titled("Answers", h("div", { class: "answers" }, ...Object.entries(responses).map(answerView))),
    tryIt(operation, session),
  );
}

/**
 * The method and the path, as both the list of operations and an operation's title show them.
 * @param {string} method
 * @param {string} path
 */
export function callOf(method, path) {
  return h(
    "code",
    { class: "call" },
    h("span", { class: method === "DELETE" ? "method bad" : "method" }, method),
    ` ${path}`,
  );
}

/**
 * @param {string} title
 * @param {HTMLElement | false | null | undefined} content
 */
function titled(title, content) {
  return content ? [h("h4", {}, title), content] : [];
}

/** @param {[string, Answer]} answer with its status */
function answerView([status, { description, headers = {}, content = {} }]) {
  const fields = Object.entries(headers).map(([name, header]) => fieldView({ name, place: "header", ...header }));
  return h(
    "details",
    { class: "answer" },
    h("summary", {}, h("code", { class: status < "400" ? "good" : "bad" }, status), " ", description),
    fields.length > 0 && h("ul", { class: "described" }, ...fields),
    contentView(content),
  );
}

/** @param {Record<string, MediaType>} content by media type */
function contentView(content) {
  const parts = Object.entries(content).flatMap(([name, mediaType]) => [
    h("p", {}, h("code", {}, name), ": ", ...typeOf(mediaType.schema)),
    mediaType.schema.description && h("p", { class: "help" }, mediaType.schema.description),
    fieldsView(mediaType.schema),
    ...exampleView(mediaType, `Example of ${name}`),
  ]);
  return h("div", { class: "content" }, ...parts);
}

/**
 * @param {MediaType} mediaType
 * @param {string} label
 */
function exampleView(mediaType, label) {
  return examplesOf(mediaType).map((example) =>
    h("pre", { class: "code", tabindex: "0", "aria-label": label }, textOf(example)),
  );
}
