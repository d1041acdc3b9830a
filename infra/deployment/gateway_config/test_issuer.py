"""Lets the tests of a deployed stack be any user they like: one service account is trusted as an issuer of its own.

Owns how the contract names it. Its users are no other issuer's users, so nobody's records come within reach; but its
tokens may say any role and any e-mail, so a protected stack has none (`configuration`). Who may sign in its name is
granted on the account itself, by a person: docs/deploy.md. What tests do with it is
`tests/support/servers/live_api.py`'s.
"""

from deployment.gateway_config.document import Json

SCHEME = "tester"


def with_test_issuer(contract: Json, account: str) -> Json:
    """The contract, with this account as an issuer beside its others."""
    components = contract["components"]
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token that the stack's tests have signed.",
        "x-google-auth": {
            "issuer": account,
            "jwksUri": f"https://www.googleapis.com/robot/v1/metadata/x509/{account}",
            "audiences": ["{audience}"],
        },
    }
    schemes = {**components["securitySchemes"], SCHEME: scheme}
    return {
        **contract,
        "security": [*contract["security"], {SCHEME: []}],
        "components": {**components, "securitySchemes": schemes},
    }
