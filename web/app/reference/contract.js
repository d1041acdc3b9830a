/** The contract as this deployment serves it at /openapi.json, and its operations without references. */

/**
 * @typedef {{
 *   $ref?: string, type?: string | string[], description?: string, enum?: unknown[], const?: unknown, default?: unknown,
 *   examples?: unknown[], format?: string, pattern?: string, minLength?: number, maxLength?: number, minItems?: number,
 *   maxItems?: number, minimum?: number, maximum?: number, required?: string[], properties?: Record<string, Schema>,
 *   items?: Schema, oneOf?: Schema[], anyOf?: Schema[], allOf?: Schema[], contentSchema?: Schema
 * }} Schema
 * @typedef {{schema: Schema, example?: unknown, examples?: Record<string, {value: unknown}>}} MediaType
 * @typedef {{name: string, in: string, required?: boolean, description?: string, schema: Schema}} Parameter
 * @typedef {{description?: string, schema: Schema}} Header
 * @typedef {{description: string, headers?: Record<string, Header>, content?: Record<string, MediaType>}} Answer
 * @typedef {{
 *   operationId: string, tags: string[], summary: string, description?: string, security?: object[],
 *   parameters?: Parameter[], requestBody?: {content: Record<string, MediaType>}, responses: Record<string, Answer>
 * }} DeclaredOperation
 * @typedef {DeclaredOperation & {method: string, path: string, needsToken: boolean}} Operation
 * @typedef {{
 *   info: {title: string, version: string, description: string}, servers: {url: string}[], security: object[],
 *   tags: {name: string, description: string}[], paths: Record<string, Record<string, any>>,
 *   components: {schemas: Record<string, Schema>} & Record<string, Record<string, unknown>>
 * }} Contract
 */

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);

/** @returns {Promise<Contract>} */
export async function loadContract() {
  const answer = await fetch("/openapi.json", { cache: "no-cache", credentials: "omit" });
  if (!answer.ok) throw new Error(`The API answered ${answer.status} to /openapi.json.`);
  return await answer.json();
}

/**
 * All operations in the order of the contract. What they refer to is in its place; only schemas keep their references,
 * whose names are worth reading.
 * @param {Contract} contract
 * @returns {Operation[]}
 */
export function operationsOf(contract) {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((name) => METHODS.has(name))
      .map((method) => {
        const declared = /** @type {DeclaredOperation} */ (resolved(contract, item[method]));
        const needsToken = (declared.security ?? contract.security).length > 0;
        return { ...declared, method: method.toUpperCase(), path, needsToken };
      }),
  );
}

/**
 * The name of the component that a reference leads to.
 * @param {string} reference
 */
export function nameOf(reference) {
  return reference.split("/").at(-1) ?? reference;
}

/**
 * @param {MediaType} mediaType
 * @returns {unknown[]}
 */
export function examplesOf({ example, examples = {} }) {
  return example === undefined ? Object.values(examples).map(({ value }) => value) : [example];
}

/**
 * An example as it is sent: text as it is, anything else as JSON.
 * @param {unknown} example
 */
export function textOf(example) {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}

/**
 * @param {Contract} contract
 * @param {any} node
 * @returns {any}
 */
function resolved(contract, node) {
  if (Array.isArray(node)) return node.map((child) => resolved(contract, child));
  if (typeof node !== "object" || node === null) return node;
  if (typeof node.$ref === "string") {
    const [, , kind, name] = node.$ref.split("/");
    return kind === "schemas" ? node : resolved(contract, contract.components[kind]?.[name]);
  }
  return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, resolved(contract, child)]));
}
