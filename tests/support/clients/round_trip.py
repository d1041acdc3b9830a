"""Calls the API with the client that openapi-python-client generates. test_python_client.py type-checks and runs it.

Environment: DATA_API_URL, DATA_API_TOKEN. Prints nothing; an assertion fails where an answer is not as it must be.
"""

import json
import os
from io import BytesIO
from uuid import uuid4

from data_api_client import AuthenticatedClient
from data_api_client.api.records import delete_data, get_data, list_changes, list_data, post_data
from data_api_client.api.service import get_me, get_openapi, health
from data_api_client.models import (
    ChangePage,
    Deleted,
    Error,
    Health,
    Me,
    MeRolesItem,
    NewRecord,
    OpenapiDocument,
    Receipt,
    Receipts,
    Record,
    RecordPage,
    Stored,
)
from data_api_client.types import UNSET, File, Unset

client = AuthenticatedClient(os.environ["DATA_API_URL"], os.environ["DATA_API_TOKEN"])
data = json.loads(os.environ["RECORD"])

posted = post_data.sync(client=client, body=NewRecord.from_dict(data), idempotency_key=str(uuid4()))
assert isinstance(posted, Receipt), posted
lines = "".join(f"{json.dumps(data)}\n" for _ in range(3)).encode()
batch = post_data.sync(client=client, body=File(BytesIO(lines)))
assert isinstance(batch, Receipts), batch
receipts: list[Receipt] = [*batch.records, posted]

for receipt in receipts:
    stored = get_data.sync(receipt.id, client=client, prefer="wait=10")
    assert isinstance(stored, Record), stored
    assert data == stored.data.to_dict()

records: list[Record] = []
token: str | Unset = UNSET
while True:
    page = list_data.sync(client=client, page_size=2, page_token=token)
    assert isinstance(page, RecordPage), page
    records += page.records
    token = page.next_page_token
    if isinstance(token, Unset):
        break
assert {receipt.id for receipt in receipts} == {record.id for record in records}

answer = get_data.sync_detailed(posted.id, client=client)
again = get_data.sync_detailed(posted.id, client=client, if_none_match=answer.headers["etag"])
assert (304, None) == (again.status_code, again.parsed)

missing = get_data.sync("0" * 32, client=client)
assert isinstance(missing, Error), missing
assert 404 == missing.code

invalid = post_data.sync(client=client, body=NewRecord.from_dict(data), idempotency_key="two words")
assert isinstance(invalid, Error), invalid
assert not isinstance(invalid.details, Unset)
assert ["Idempotency-Key"] == [problem.field for problem in invalid.details]

changes: list[Stored | Deleted] = []
cursor: str | Unset = UNSET
while True:
    changed = list_changes.sync(client=client, page_size=2, cursor=cursor)
    assert isinstance(changed, ChangePage), changed
    if not changed.changes:
        break
    changes += changed.changes
    cursor = changed.next_cursor
assert {receipt.id for receipt in receipts} == {change.record.id for change in changes if isinstance(change, Stored)}

for _ in range(2):
    deleted = delete_data.sync_detailed(posted.id, client=client)
    assert (204, None) == (deleted.status_code, deleted.parsed)
changed = list_changes.sync(client=client, cursor=cursor, prefer="wait=10")
assert isinstance(changed, ChangePage), changed
assert [Deleted(posted.id, "deleted")] == changed.changes
assert isinstance(get_data.sync(posted.id, client=client), Error)

me = get_me.sync(client=client)
assert isinstance(me, Me), me
assert [MeRolesItem.DATA_READ, MeRolesItem.DATA_WRITE] == me.roles

assert isinstance(health.sync(client=client), Health)
assert isinstance(get_openapi.sync(client=client), OpenapiDocument)
