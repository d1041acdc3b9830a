/** Shows a schema: the fields of an object with their types, limits and descriptions; components are links. */

import { h } from "../dom.js";
import { nameOf } from "./contract.js";

/** @typedef {import("./contract.js").Schema} Schema */

/**
 * The fields of an object as a list; nothing for other types, which `typeOf` describes.
 * @param {Schema} schema
 * @returns {HTMLElement | null}
 */
export function fieldsView(schema) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return schema.items ? fieldsView(schema.items) : null;
  const fields = properties.map(([name, property]) =>
    fieldView({ name, schema: property, isRequired: schema.required?.includes(name) ?? false }),
  );
  return h("ul", { class: "described" }, ...fields);
}

/**
 * A field, a parameter or a header: its name, its type and what it is for.
 * @param {{name: string, schema: Schema, isRequired?: boolean, description?: string | undefined, place?: string}} field
 * @returns {HTMLElement}
 */
export function fieldView({ name, schema, isRequired = false, description = schema.description, place }) {
  return h(
    "li",
    {},
    h("p", {}, h("code", { class: "strong" }, name), " ", h("span", { class: "type" }, ...typeOf(schema))),
    h("p", { class: "help" }, [place, isRequired && "required", ...limitsOf(schema)].filter(Boolean).join(" · ")),
    description && h("p", {}, description),
    fieldsView(schema),
  );
}

/**
 * The type in a few words, with links to components.
 * @param {Schema} schema
 * @returns {(Node | string)[]}
 */
export function typeOf(schema) {
  if (schema.$ref) return [componentLink(nameOf(schema.$ref))];
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.flatMap((choice, index) => (index > 0 ? [" or ", ...typeOf(choice)] : typeOf(choice)));
  if (schema.allOf)
    return schema.allOf.flatMap((part, index) => (index > 0 ? [" and ", ...typeOf(part)] : typeOf(part)));
  if (schema.items) return ["array of ", ...typeOf(schema.items)];
  if (schema.contentSchema) return ["lines, each a ", ...typeOf(schema.contentSchema.items ?? schema.contentSchema)];
  if ("const" in schema) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" or ")];
  return [[schema.type ?? "any"].flat().join(" or ")];
}

/** @param {string} name */
export function componentLink(name) {
  return h("a", { href: `#/reference/${name}` }, name);
}

/**
 * @param {Schema} schema
 * @returns {string[]}
 */
function limitsOf(schema) {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, format } = schema;
  return [
    format ?? "",
    range("", minimum, maximum),
    range("length ", minLength, maxLength),
    range("items: ", minItems, maxItems),
    pattern ? `matches ${pattern}` : "",
    "default" in schema ? `default ${JSON.stringify(schema.default)}` : "",
  ];
}

/**
 * @param {string} label
 * @param {number | undefined} least
 * @param {number | undefined} most
 */
function range(label, least, most) {
  if (least !== undefined && most !== undefined) return `${label}${least} to ${most}`;
  if (least !== undefined) return `${label}at least ${least}`;
  return most === undefined ? "" : `${label}at most ${most}`;
}
