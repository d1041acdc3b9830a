/** The records that the list shows: its filter, its pages, and the changes that arrive. */

/**
 * @typedef {import("../api.js").Api} Api
 * @typedef {import("../api.js").StoredRecord} StoredRecord
 * @typedef {{since: string, until: string, order: "desc" | "asc"}} Filter times are RFC 3339, or empty
 */

const PAGE_SIZE = "100";

export class RecordList extends EventTarget {
  /** @type {StoredRecord[]} */
  records = [];
  /** @type {Filter} */
  filter = { since: "", until: "", order: "desc" };
  /** @type {unknown} */
  fault = null;
  isLoading = false;
  isComplete = false;
  /** @type {string | undefined} */
  #nextPageToken;
  #request = new AbortController();
  #ids = new Set();
  /** @type {Set<string>} */
  #hidden = new Set(); // deleted here, or to be deleted

  /** @param {Api} api */
  constructor(api) {
    super();
    this.api = api;
  }

  get visible() {
    return this.records.filter((record) => !this.#hidden.has(record.id));
  }

  /**
   * Reads the list anew, with this filter.
   * @param {Filter} [filter]
   */
  async reload(filter = this.filter) {
    this.#request.abort();
    this.#request = new AbortController();
    Object.assign(this, { filter, records: [], isComplete: false, fault: null, isLoading: false });
    this.#ids.clear();
    this.#nextPageToken = undefined;
    await this.more();
  }

  /** Reads the first page again and adds what is missing: after a gap in the feed. */
  async refresh() {
    try {
      const page = await this.api.list(this.#query(), this.#request.signal);
      this.#add(page.records);
      this.#changed();
    } catch {
      // the list shows its own fault, and the next change or reload brings the rest
    }
  }

  /** Reads the next page, if there is one and none is being read. */
  async more() {
    if (this.isLoading || this.isComplete) return;
    const { signal } = this.#request;
    this.isLoading = true;
    this.#changed();
    try {
      const token = this.#nextPageToken;
      const page = await this.api.list({ ...this.#query(), ...(token ? { pageToken: token } : {}) }, signal);
      if (signal.aborted) return;
      this.#add(page.records);
      this.#nextPageToken = page.nextPageToken;
      this.isComplete = !page.nextPageToken;
      this.fault = null;
    } catch (fault) {
      if (signal.aborted) return;
      this.fault = fault;
    }
    this.isLoading = false;
    this.#changed();
  }

  /**
   * @param {import("../api.js").Change[]} changes
   * @returns {number} how many records are new
   */
  apply(changes) {
    const before = this.records.length;
    this.#add(changes.flatMap((change) => (change.change === "stored" ? [change.record] : [])));
    const added = this.records.length - before;
    this.#remove(changes.flatMap((change) => (change.change === "deleted" ? [change.id] : [])));
    this.#changed();
    return added;
  }

  /** @param {string[]} ids */
  hide(ids) {
    for (const id of ids) this.#hidden.add(id);
    this.#changed();
  }

  /** @param {string[]} ids */
  show(ids) {
    for (const id of ids) this.#hidden.delete(id);
    this.#changed();
  }

  /** @param {StoredRecord[]} records */
  #add(records) {
    const added = records.filter((record) => !this.#ids.has(record.id) && this.#isInRange(record));
    if (added.length === 0) return;
    for (const record of added) this.#ids.add(record.id);
    this.records = [...this.records, ...added].sort(this.#compare);
  }

  /** @param {string[]} ids */
  #remove(ids) {
    if (ids.length === 0) return;
    const gone = new Set(ids);
    this.records = this.records.filter((record) => !gone.has(record.id));
    for (const id of ids) this.#ids.delete(id);
  }

  #query() {
    return Object.fromEntries(Object.entries({ ...this.filter, pageSize: PAGE_SIZE }).filter(([, value]) => value));
  }

  /** Whether a record belongs to the pages that are shown. @param {StoredRecord} record */
  #isInRange({ createdAt }) {
    const time = Date.parse(createdAt);
    const { since, until } = this.filter;
    return (!since || time >= Date.parse(since)) && (!until || time < Date.parse(until));
  }

  #compare = (/** @type {StoredRecord} */ one, /** @type {StoredRecord} */ other) => {
    const sign = this.filter.order === "desc" ? -1 : 1;
    const isLater = one.createdAt === other.createdAt ? one.id > other.id : one.createdAt > other.createdAt;
    return isLater ? sign : -sign;
  };

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
