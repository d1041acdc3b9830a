/** A form that sends one request to this deployment, with the token of who is signed in, and shows the whole answer. */

import { credentials } from "../api.js";
import { announce, fill, h } from "../dom.js";
import { parse } from "../json.js";
import { examplesOf, textOf } from "./contract.js";

/**
 * @typedef {import("./contract.js").Operation} Operation
 * @typedef {import("./contract.js").Parameter} Parameter
 * @typedef {import("../session/session.js").Session} Session
 * @typedef {{path: string, headers: Record<string, string>, body?: string}} Call
 */

/**
 * @param {Operation} operation
 * @param {Session} session
 * @returns {HTMLElement}
 */
export function tryIt(operation, session) {
  const answer = h("div", { class: "tried" });
  const button = h("button", { type: "submit", class: "primary" }, "Send");
  const form = h(
    "form",
    {
      onsubmit: async (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        button.disabled = true;
        fill(answer, await send(operation, callOf(operation, new FormData(form)), session));
        button.disabled = false;
        announce(answer.querySelector("p")?.textContent ?? "");
      },
    },
    ...(operation.parameters ?? []).map((parameter) => inputOf(operation, parameter)),
    ...bodyOf(operation),
    operation.method === "DELETE" && h("p", { class: "help" }, "This deletes the record for good."),
    h("div", { class: "buttons" }, button),
  );
  return h("details", { class: "try" }, h("summary", {}, h("span", {}, "Try it")), form, answer);
}

/**
 * @param {Operation} operation
 * @param {Parameter} parameter
 */
function inputOf({ operationId }, { name, in: place, required = false, schema }) {
  const id = `${operationId}-${name}`;
  const placeholder = schema.examples?.[0] ?? schema.default ?? "";
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, name, h("span", { class: "required" }, required ? "required" : "")),
    h("input", { id, name: `${place}:${name}`, required, placeholder: String(placeholder), autocomplete: "off" }),
  );
}

/** @param {Operation} operation */
function bodyOf({ operationId, requestBody }) {
  if (!requestBody) return [];
  const content = Object.entries(requestBody.content);
  const examples = new Map(content.map(([name, mediaType]) => [name, textOf(examplesOf(mediaType)[0] ?? "")]));
  const area = h("textarea", { id: `${operationId}-body`, name: "body", class: "code", spellcheck: "false" });
  const choice = h(
    "select",
    { id: `${operationId}-type`, name: "content-type", onchange: () => showExample() },
    ...content.map(([name]) => h("option", {}, name)),
  );
  const showExample = () => {
    area.defaultValue = examples.get(choice.value) ?? "";
    area.value = area.defaultValue;
  };
  showExample();
  return [
    h("div", { class: "field" }, h("label", { for: choice.id }, "Content-Type"), choice),
    h("div", { class: "field" }, h("label", { for: area.id }, "Body"), area),
  ];
}

/**
 * The request that the form describes; fields that are empty are not sent.
 * @param {Operation} operation
 * @param {FormData} form
 * @returns {Call}
 */
function callOf(operation, form) {
  const given = (/** @type {string} */ place) =>
    (operation.parameters ?? [])
      .filter((parameter) => parameter.in === place)
      .map(({ name }) => /** @type {[string, string]} */ ([name, String(form.get(`${place}:${name}`))]))
      .filter(([, value]) => value !== "");
  const path = given("path").reduce(
    (filled, [name, value]) => filled.replace(`{${name}}`, encodeURIComponent(value)),
    operation.path,
  );
  const query = new URLSearchParams(given("query")).toString();
  const headers = Object.fromEntries(given("header"));
  const call = { path: query ? `${path}?${query}` : path, headers };
  if (!operation.requestBody) return call;
  return {
    ...call,
    headers: { ...headers, "content-type": String(form.get("content-type")) },
    body: String(form.get("body")),
  };
}

/**
 * @param {Operation} operation
 * @param {Call} call
 * @param {Session} session
 * @returns {Promise<HTMLElement>} the answer, or why there is none
 */
async function send({ method, needsToken }, { path, headers, ...body }, session) {
  const token = session.state === "signed-in" ? session.token : null;
  if (needsToken && !token) return problem("Sign in first: this needs a token.");
  const caller = needsToken && token ? credentials(session.config, token) : {};
  const begin = performance.now();
  try {
    const options = { method, ...body, headers: { ...headers, ...caller } };
    const response = await fetch(path, { ...options, cache: "no-store", credentials: "omit" });
    const text = await response.text();
    return answerView(response, text, performance.now() - begin);
  } catch (error) {
    return problem(
      `No answer came: ${/** @type {Error} */ (error).message}. Check what you typed, and your connection.`,
    );
  }
}

/** @param {string} text */
function problem(text) {
  return h("div", {}, h("p", { class: "problem" }, text));
}

/**
 * @param {Response} response
 * @param {string} text
 * @param {number} milliseconds
 */
function answerView({ status, statusText, headers }, text, milliseconds) {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return h(
    "div",
    {},
    h(
      "p",
      {},
      h("code", { class: status < 400 ? "good" : "bad" }, `${status} ${statusText}`),
      ` after ${milliseconds.toFixed(0)} ms`,
    ),
    h("pre", { class: "code", tabindex: "0", "aria-label": "Headers of the answer" }, lines),
    text && h("pre", { class: "code", tabindex: "0", "aria-label": "Body of the answer" }, indented(text)),
  );
}

/** @param {string} text JSON is indented, anything else stays as it is */
function indented(text) {
  try {
    return JSON.stringify(parse(text), null, 2);
  } catch {
    return text;
  }
}
