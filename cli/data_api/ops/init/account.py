"""Says who calls the API from this machine, as a member in IAM's syntax.

`data-api` takes the token of a service account if google-auth has one, and else of the account that gcloud is signed in
with: `records/google_identity.py`.
"""

from data_api.ops.dependencies import Dependencies
from data_api.shared.errors import CliError

_ACTIVE = ["gcloud", "auth", "list", "--filter=status:ACTIVE", "--format=value(account)"]


def own_member(dependencies: Dependencies) -> str:
    """As in user:ada@example.com; empty if nobody is signed in."""
    try:
        address = dependencies.authorization("").account
    except CliError:
        address = ""
    if not address:
        completed = dependencies.run(_ACTIVE)
        address = completed.stdout.partition("\n")[0].strip() if completed.exit_code == 0 else ""
    if "@" not in address:
        return ""
    return f"{'serviceAccount' if address.endswith('.gserviceaccount.com') else 'user'}:{address}"
