"""Lets a stack's tests be any user they like: the gateway believes one service account of the stack's own.

Owns that account, who may sign in its name, and how the contract names it as one more issuer. Its users are no other
issuer's users, so nobody's records come within reach; but a token of its making may say any role and any e-mail, so a
protected stack refuses to have one. What the tests do with it is `tests/running.py`'s.
"""

import pulumi
import pulumi_gcp as gcp

from configuration import Place
from gateway_document import Json

SCHEME = "tester"


class Tester(pulumi.ComponentResource):
    """The service account, in whose name one member may sign."""

    def __init__(self, name: str, place: Place, signer: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Tester", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        account = gcp.serviceaccount.Account(
            name,
            account_id=f"{place.prefix}-tester",
            display_name=f"{place.prefix}: the users of its tests",
            opts=inside,
        )
        gcp.serviceaccount.IAMMember(
            "signs-for-tests",
            service_account_id=account.name,
            role="roles/iam.serviceAccountTokenCreator",
            member=signer,
            opts=inside,
        )
        self.email = f"{place.prefix}-tester@{place.project}.iam.gserviceaccount.com"  # known before it is made
        self.register_outputs({"email": self.email})

    def believed(self, contract: Json) -> Json:
        """The contract, with this account as an issuer beside its others."""
        components = contract["components"]
        scheme = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token that the stack's tests have signed.",
            "x-google-auth": {
                "issuer": self.email,
                "jwksUri": f"https://www.googleapis.com/robot/v1/metadata/x509/{self.email}",
                "audiences": ["{audience}"],
            },
        }
        schemes = {**components["securitySchemes"], SCHEME: scheme}
        return {
            **contract,
            "security": [*contract["security"], {SCHEME: []}],
            "components": {**components, "securitySchemes": schemes},
        }
