/** What the page knows of its deployment: `/app/config.json`, the schema of a record, and its own release. */

import { parse } from "./json.js";

/**
 * @typedef {{authorizationEndpoint: string, clientId: string}} SignIn
 * @typedef {{release: string, signIn: SignIn | null, identityPlatform: {apiKey: string} | null, rolesClaim: string, apiKey: string | null}} Config
 * @typedef {import("./posting/schema.js").Schema} Schema
 */

const EVERY = 10 * 60_000; // milliseconds between looks for a newer release

/** The release that this page is: the folder of its own modules. */
export const RELEASE = new URL(".", import.meta.url).pathname.split("/").at(-2) ?? "";

/**
 * @returns {Promise<Config>}
 */
export async function loadConfig() {
  return /** @type {Config} */ (await loadJson("/app/config.json", "no-cache"));
}

/**
 * @returns {Promise<Schema>}
 */
export async function loadSchema() {
  return /** @type {Schema} */ (await loadJson(new URL("record.schema.json", import.meta.url).href, "default"));
}

/**
 * Calls back once when the deployment has a newer release than this page.
 * @param {() => void} onNewer
 */
export function watchRelease(onNewer) {
  const look = async () => {
    if (document.hidden) return;
    const config = await loadConfig().catch(() => null);
    if (!config || config.release === RELEASE) return;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    onNewer();
  };
  const timer = setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}

/**
 * @param {string} address
 * @param {RequestCache} cache
 */
async function loadJson(address, cache) {
  const answer = await fetch(address, { cache });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}.`);
  return parse(await answer.text());
}
