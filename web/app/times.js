/** Times as people read them: local, with the exact UTC at hand. */

import { h } from "./dom.js";

const SHORT = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * The time of the day, with the date if it is not today; the exact UTC is its title.
 * @param {string} rfc3339
 */
export function timeOf(rfc3339) {
  const date = new Date(rfc3339);
  const isToday = date.toDateString() === new Date().toDateString();
  const text = isToday ? SHORT.format(date) : `${DAY.format(date)}, ${SHORT.format(date)}`;
  return h("time", { datetime: rfc3339, title: `${rfc3339} (UTC)` }, text);
}

/** @param {string} rfc3339 */
export function fullTimeOf(rfc3339) {
  return h("time", { datetime: rfc3339 }, FULL.format(new Date(rfc3339)));
}

/**
 * The value of an `<input type="datetime-local">` as RFC 3339, or an empty text.
 * @param {string} local
 */
export function utcOf(local) {
  return local ? new Date(local).toISOString() : "";
}
