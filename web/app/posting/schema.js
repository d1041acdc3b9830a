/**
 * What of a JSON Schema the form needs: the fields of a flat object, and a check in the browser. The check knows the
 * common keywords only. It never says that a record is valid: the API has the last word.
 */

import { asNumber } from "../json.js";

/**
 * @typedef {{
 *   type?: string | string[], title?: string, description?: string, default?: unknown, examples?: unknown[],
 *   enum?: unknown[], const?: unknown, format?: string, pattern?: string, minLength?: number, maxLength?: number,
 *   minimum?: number, maximum?: number, exclusiveMinimum?: number, exclusiveMaximum?: number, multipleOf?: number,
 *   required?: string[], properties?: Record<string, Schema>, additionalProperties?: boolean | Schema, readOnly?: boolean
 * }} Schema
 * @typedef {{
 *   name: string, schema: Schema, type: "string" | "number" | "integer" | "boolean" | "choice",
 *   choices: unknown[], isRequired: boolean, isNullable: boolean
 * }} Field
 * @typedef {import("../errors.js").Problem} Problem
 */

const SCALARS = new Set(["string", "number", "integer", "boolean"]);
const BEYOND_A_FORM = ["allOf", "anyOf", "oneOf", "not", "if", "$ref", "patternProperties", "dependentRequired"];

/**
 * The fields of a form, or null if the schema is not flat: then a record is written as JSON.
 * @param {Schema} schema
 * @returns {Field[] | null}
 */
export function fieldsOf(schema) {
  if (schema.type !== "object" || !schema.properties || BEYOND_A_FORM.some((word) => word in schema)) return null;
  const fields = Object.entries(schema.properties).map(([name, property]) =>
    fieldOf(name, property, schema.required?.includes(name) ?? false),
  );
  return fields.every((field) => field !== null) ? fields : null;
}

/**
 * @param {string} name
 * @param {Schema} schema
 * @param {boolean} isRequired
 * @returns {Field | null} null if it is beyond a form
 */
function fieldOf(name, schema, isRequired) {
  if (BEYOND_A_FORM.some((word) => word in schema)) return null;
  const field = { name, schema, isRequired, isNullable: false, choices: choicesOf(schema) ?? [] };
  if (field.choices.length > 0) return field.choices.every(isScalar) ? { ...field, type: "choice" } : null;
  const types = typesOf(schema);
  const [type, ...others] = types.filter((name) => name !== "null");
  if (type === undefined || others.length > 0 || !SCALARS.has(type)) return null;
  const isNullable = types.includes("null");
  if (type === "boolean" && (isNullable || !isRequired))
    return { ...field, type: "choice", choices: isNullable ? [true, false, null] : [true, false] };
  return { ...field, isNullable, type: /** @type {Field["type"]} */ (type) };
}

/** @param {Schema} schema */
function typesOf({ type }) {
  return type === undefined ? [] : [type].flat();
}

/** The only values that are valid, if the schema lists them. @param {Schema} schema */
function choicesOf(schema) {
  return schema.enum ?? ("const" in schema ? [schema.const] : null);
}

/** @param {unknown} value */
function isScalar(value) {
  return typeof value !== "object" || value === null || asNumber(value) !== undefined;
}

/**
 * The problems of a record that the browser can see.
 * @param {Schema} schema of an object
 * @param {any} record
 * @returns {Problem[]}
 */
export function problemsOf(schema, record) {
  if (typeof record !== "object" || record === null || Array.isArray(record))
    return [{ field: "", problem: "must be a JSON object" }];
  const properties = schema.properties ?? {};
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(record, name));
  const unknown =
    schema.additionalProperties === false ? Object.keys(record).filter((name) => !Object.hasOwn(properties, name)) : [];
  return [
    ...missing.map((name) => ({ field: pointer(name), problem: "is required" })),
    ...unknown.map((name) => ({ field: pointer(name), problem: "is not a field of a record" })),
    ...Object.entries(properties).flatMap(([name, property]) => {
      const problem = Object.hasOwn(record, name) ? valueProblem(property, record[name]) : null;
      return problem ? [{ field: pointer(name), problem }] : [];
    }),
  ];
}

/**
 * @param {string} name
 * @returns {string} a JSON Pointer
 */
export function pointer(name) {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/**
 * @param {Schema} schema
 * @param {any} value
 * @returns {string | null}
 */
function valueProblem(schema, value) {
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => isOfType(type, value)))
    return `must be ${types.map(article).join(" or ")}`;
  const choices = choicesOf(schema);
  if (choices && isScalar(value) && !choices.some((choice) => isSame(choice, value)))
    return `must be ${choices.length > 1 ? "one of " : ""}${choices.map(textOf).join(", ")}`;
  if (typeof value === "string") return textProblem(schema, value);
  const number = asNumber(value);
  return number === undefined ? null : numberProblem(schema, number);
}

/**
 * A value as a person reads it.
 * @param {unknown} value
 * @returns {string}
 */
export function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * @param {unknown} one
 * @param {unknown} other a scalar
 */
function isSame(one, other) {
  const number = asNumber(one);
  return number === undefined ? one === other : number === asNumber(other);
}

/**
 * @param {Schema} schema
 * @param {string} value
 */
function textProblem({ minLength = 0, maxLength = Infinity, pattern }, value) {
  const length = [...value].length; // JSON Schema counts code points
  if (length < minLength) return minLength === 1 ? "must not be empty" : `must have at least ${minLength} characters`;
  if (length > maxLength) return `must have at most ${maxLength} characters`;
  if (pattern !== undefined && !expression(pattern).test(value)) return `must match ${pattern}`;
  return null;
}

/** @param {string} pattern */
function expression(pattern) {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return /^/; // not of this browser's syntax: the API checks it
  }
}

/**
 * Both sides are rounded here. If that made them equal, the API decides.
 * @param {Schema} schema
 * @param {number} value
 */
function numberProblem({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }, value) {
  const isExact = Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  const [least, most] = [asNumber(minimum) ?? -Infinity, asNumber(maximum) ?? Infinity];
  const [above, below] = [asNumber(exclusiveMinimum) ?? -Infinity, asNumber(exclusiveMaximum) ?? Infinity];
  if (value < least) return `must be ${textOf(minimum)} or more`;
  if (value > most) return `must be ${textOf(maximum)} or less`;
  if (value < above || (isExact && value === above)) return `must be more than ${textOf(exclusiveMinimum)}`;
  if (value > below || (isExact && value === below)) return `must be less than ${textOf(exclusiveMaximum)}`;
  return null;
}

/**
 * @param {string} type
 * @param {any} value
 */
function isOfType(type, value) {
  const number = asNumber(value);
  if (type === "integer") return number !== undefined && Number.isInteger(number);
  if (type === "number") return number !== undefined;
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

/** @param {string} type */
function article(type) {
  const name = type === "string" ? "text" : type;
  return name === "text" || name === "null" ? name : `${/^[aio]/.test(name) ? "an" : "a"} ${name}`;
}
