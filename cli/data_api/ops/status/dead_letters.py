"""Counts the dead letters that wait for an operator: those that were not replayed, or failed again."""

from data_api.ops.status.part import Context, Part

NAME = "dead letters"
_COLLECTION = "deadLetters"


def read_dead_letters(context: Context) -> Part:
    """One read of Firestore is billed for each dead letter, as for `dead-letters list`; raises GoogleError."""
    deployment = context.deployment
    path = f"/v1/projects/{deployment.project}/databases/{deployment.database}/documents:runQuery"
    query = {"from": [{"collectionId": _COLLECTION}], "select": {"fields": [{"fieldPath": "replayedAt"}]}}
    answers = context.google.ask("firestore", path, {"structuredQuery": query})
    fields = [answer["document"].get("fields", {}) for answer in answers if "document" in answer]
    count = sum("timestampValue" not in document.get("replayedAt", {}) for document in fields)
    return Part(
        NAME,
        ok=not count,
        state=f"{count:,}",
        message=f"data-api dead-letters list --stack {deployment.stack}" if count else "",
        fields={"count": count},
    )
