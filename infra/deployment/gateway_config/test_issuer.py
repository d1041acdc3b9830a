"""Adds an issuer to the contract for the tests of a deployed stack: a service account that signs tokens for any user.

Users of this issuer are never users of another issuer, so their tests cannot reach anybody's records. But its tokens
may contain any role and any e-mail address, so a protected stack has no such issuer
(deployment.configuration.test_issuer). A person grants the right to sign as the account, on the account itself:
docs/deploy.md. The tests use it in tests/support/servers/live_api.py.
"""

from deployment.gateway_config.document import Json

SCHEME = "tester"


def with_test_issuer(contract: Json, account: str) -> Json:
    """The contract with this service account as an additional issuer."""
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
