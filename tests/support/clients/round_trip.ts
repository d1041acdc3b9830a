// Calls the API with openapi-fetch and the types that openapi-typescript generates. test_typescript_client.py type-checks
// and runs it. Environment: DATA_API_URL, DATA_API_TOKEN, RECORD. Prints nothing; it fails where an answer is wrong.

import { deepEqual, equal, ok } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

const { DATA_API_URL: baseUrl = "", DATA_API_TOKEN: token = "", RECORD: text = "" } = process.env;
const data = JSON.parse(text) as Schemas["NewRecord"];
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

const posted = await api.POST("/data", { body: data, params: { header: { "Idempotency-Key": randomUUID() } } });
ok(posted.data && "id" in posted.data, posted.error?.message);
const batch = await api.POST("/data", {
  body: `${JSON.stringify(data)}\n`.repeat(3),
  bodySerializer: (lines) => lines as string,
  headers: { "content-type": "application/x-ndjson" },
});
ok(batch.data && "records" in batch.data, batch.error?.message);
const receipts: Schemas["Receipt"][] = [...batch.data.records, posted.data];

for (const { id } of receipts) {
  const stored = await api.GET("/data/{id}", { params: { path: { id }, header: { Prefer: "wait=10" } } });
  ok(stored.data, stored.error?.message);
  deepEqual(stored.data.data, data);
}

const records: Schemas["Record"][] = [];
let pageToken: string | undefined;
do {
  const page = await api.GET("/data", { params: { query: { pageSize: 2, ...(pageToken && { pageToken }) } } });
  ok(page.data, page.error?.message);
  records.push(...page.data.records);
  pageToken = page.data.nextPageToken;
} while (pageToken);
deepEqual(new Set(records.map(({ id }) => id)), new Set(receipts.map(({ id }) => id)));

const path = { id: posted.data.id };
const etag = (await api.GET("/data/{id}", { params: { path } })).response.headers.get("etag") ?? "";
const again = await api.GET("/data/{id}", { params: { path, header: { "If-None-Match": etag } } });
equal(again.response.status, 304);

const missing = await api.GET("/data/{id}", { params: { path: { id: "0".repeat(32) } } });
equal(missing.error?.code, 404);

const invalid = await api.POST("/data", { body: data, params: { header: { "Idempotency-Key": "two words" } } });
deepEqual(invalid.error?.details?.map(({ field }) => field), ["Idempotency-Key"]);

const changes: Schemas["Change"][] = [];
let cursor: string | undefined;
for (;;) {
  const page = await api.GET("/data/changes", { params: { query: { pageSize: 2, ...(cursor && { cursor }) } } });
  ok(page.data, page.error?.message);
  if (page.data.changes.length === 0) break;
  changes.push(...page.data.changes);
  cursor = page.data.nextCursor;
}
const stored = changes.flatMap((change) => (change.change === "stored" ? [change.record.id] : []));
deepEqual(new Set(stored), new Set(receipts.map(({ id }) => id)));

for (const _ of [1, 2]) equal((await api.DELETE("/data/{id}", { params: { path } })).response.status, 204);
const afterwards = await api.GET("/data/changes", {
  params: { query: { ...(cursor && { cursor }) }, header: { Prefer: "wait=10" } },
});
deepEqual(afterwards.data?.changes, [{ id: posted.data.id, change: "deleted" }]);
equal((await api.GET("/data/{id}", { params: { path } })).error?.code, 404);

deepEqual((await api.GET("/me")).data?.roles, ["data.read", "data.write"]);

equal((await api.GET("/healthz")).data?.status, "ok");
ok((await api.GET("/openapi.json")).data?.openapi.startsWith("3.1."));
