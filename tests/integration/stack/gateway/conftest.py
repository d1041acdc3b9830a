"""Two gateways: one with the contract, and one with other deadlines, issuers and keys."""

import json
from collections.abc import Iterator

import pytest

from data_api.shared.contract import load_contract
from data_api.shared.local_tokens import jwks
from data_api.stack.gateway.key_set import merged_jwks
from tests.support.servers.gateways import Gateway, dead_function, gateway_before
from tests.support.servers.signers import Signer


@pytest.fixture(scope="module")
def gateway(functions: dict[str, int], sign: Signer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with gateway_before(functions, load_contract(), jwks(sign.key), folder) as running:
        yield running


@pytest.fixture(scope="module")
def other_gateway(
    functions: dict[str, int], sign: Signer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """`generate` is dead, bodies and /healthz must be quick, /data/{id} has another issuer, the stranger is trusted."""
    contract = load_contract()
    contract["x-google-api-management"]["backends"]["health"]["deadline"] = 0.2
    contract["paths"]["/data/{id}"]["get"]["security"] = [{"identityPlatform": []}]
    keys = merged_jwks(jwks(sign.key), json.dumps(jwks(sign.stranger)))
    folder = tmp_path_factory.mktemp("other_gateway")
    with (
        dead_function() as port,
        gateway_before({**functions, "generate": port}, contract, keys, folder, body_seconds=0.5) as running,
    ):
        yield running
