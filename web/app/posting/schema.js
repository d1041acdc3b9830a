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
 * @typedef {{name: string, schema: Schema, type: "string" | "number" | "integer" | "boolean" | "enum", isRequired: boolean}} Field
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
  const fields = Object.entries(schema.properties).map(([name, property]) => {
    const type = fieldType(property);
    return type && { name, schema: property, type, isRequired: schema.required?.includes(name) ?? false };
  });
  return fields.every((field) => field !== null) ? fields : null;
}

/**
 * @param {Schema} schema
 * @returns {Field["type"] | null}
 */
function fieldType(schema) {
  if (BEYOND_A_FORM.some((word) => word in schema)) return null;
  if (schema.enum?.every((value) => typeof value === "string")) return "enum";
  if (schema.enum || "const" in schema || typeof schema.type !== "string" || !SCALARS.has(schema.type)) return null;
  return /** @type {Field["type"]} */ (schema.type);
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
  if (typeof schema.type === "string" && !isOfType(schema.type, value)) return `must be ${article(schema.type)}`;
  if (schema.enum && !schema.enum.includes(value)) return `must be one of ${schema.enum.join(", ")}`;
  if (typeof value === "string") return textProblem(schema, value);
  const number = asNumber(value);
  return number === undefined ? null : numberProblem(schema, number);
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
 * @param {Schema} schema
 * @param {number} value
 */
function numberProblem({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }, value) {
  if (minimum !== undefined && value < minimum) return `must be ${minimum} or more`;
  if (maximum !== undefined && value > maximum) return `must be ${maximum} or less`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `must be more than ${exclusiveMinimum}`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return `must be less than ${exclusiveMaximum}`;
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
