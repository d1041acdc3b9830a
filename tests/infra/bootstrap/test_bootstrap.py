"""The bootstrap program of a project: states, service accounts, and its outputs."""

import ast
import re
from pathlib import Path

from services import SERVICES
from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.recorded_deployment import RecordedDeployment
from tests.support.infra.stack_settings import ROOT

PROGRAM = ROOT / "infra" / "bootstrap"
BUCKET_GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
KEY_GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
ACTING = "gcp:serviceaccount/iAMMember:IAMMember"


def test_an_environment_acts_as_one_service_account(bootstrapped: RecordedDeployment) -> None:
    acting = {
        resource.name: resource.inputs["member"].rpartition("/attribute.environment/")[2]
        for resource in bootstrapped.all(ACTING)
        if resource.inputs["role"] == "roles/iam.workloadIdentityUser"
    }
    assert {
        "dev-acts-as-dev-deploy": "dev",
        "dev-preview-acts-as-dev-preview": "dev-preview",
        "prod-acts-as-prod-deploy": "prod",
        "prod-preview-acts-as-prod-preview": "prod-preview",
        "prod-drill-acts-as-prod-drill": "prod-drill",
    } == acting


def test_a_deployer_acts_as_the_accounts_of_its_own_stack_only(bootstrapped: RecordedDeployment) -> None:
    grants = [
        resource.inputs
        for resource in bootstrapped.all(ACTING)
        if resource.inputs["role"] != "roles/iam.workloadIdentityUser"
    ]
    assert {"roles/iam.serviceAccountUser"} == {grant["role"] for grant in grants}
    for grant in grants:
        stack = grant["member"].removeprefix("serviceAccount:data-api-").partition("-deploy@")[0]
        assert grant["serviceAccountId"].startswith(f"{stack}-")


def test_no_service_account_can_access_the_state_of_another_stack(bootstrapped: RecordedDeployment) -> None:
    def account(name: str) -> str:
        return f"serviceAccount:data-api-{name}@{PROJECT}.iam.gserviceaccount.com"

    buckets = {
        (resource.inputs["bucket"], resource.inputs["member"], resource.inputs["role"])
        for resource in bootstrapped.all(BUCKET_GRANT)
    }
    keys = {
        (resource.inputs["cryptoKeyId"], resource.inputs["member"], resource.inputs["role"])
        for resource in bootstrapped.all(KEY_GRANT)
    }
    writes, reads = "roles/storage.objectUser", "roles/storage.objectViewer"
    encrypts, decrypts = "roles/cloudkms.cryptoKeyEncrypterDecrypter", "roles/cloudkms.cryptoKeyDecrypter"
    only_read = {"dev": ["dev-preview"], "prod": ["prod-preview", "prod-drill"]}
    for stack, readers in only_read.items():
        bucket, key, deployer = f"pulumi-{stack}-{PROJECT}", f"{stack}-secrets-id", account(f"{stack}-deploy")
        may_read = {(bucket, account(reader), reads) for reader in readers}
        may_decrypt = {(key, account(reader), decrypts) for reader in readers}
        assert may_read | {(bucket, deployer, writes)} == {grant for grant in buckets if grant[0] == bucket}
        assert may_decrypt | {(key, deployer, encrypts)} == {grant for grant in keys if grant[0] == key}
    assert (5, 5) == (len(buckets), len(keys))  # no account can access the state of this program itself


def test_workflows_read_exactly_the_exported_variables(bootstrapped: RecordedDeployment) -> None:
    environments = bootstrapped.outputs["environmentVariables"].values()
    exported = {*bootstrapped.outputs["repositoryVariables"]}.union(*environments)
    workflows = [path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    assert exported == {name for text in workflows for name in re.findall(r"\bvars\.(\w+)", text)}


def test_every_service_that_the_bootstrap_program_uses_is_enabled(bootstrapped: RecordedDeployment) -> None:
    needed = {
        "iam": {"iam", "sts", "iamcredentials"},
        "kms": {"cloudkms"},
        "logging": {"logging"},
        "serviceaccount": {"iam"},
        "storage": {"storage"},
    }
    needed["projects"] = {"cloudresourcemanager", "iam", "serviceusage"}
    modules = {
        resource.type.split(":")[1].split("/")[0]
        for resource in bootstrapped.resources
        if resource.type.startswith("gcp:")
    }
    assert needed.keys() == modules
    assert {*SERVICES} == set().union(*needed.values())


def test_the_two_programs_share_no_code() -> None:
    """Each runs in its own folder, and cannot import modules of the other."""
    own = {path.stem for path in PROGRAM.glob("*.py")}
    stacks = {
        path.stem for path in (ROOT / "infra").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert set() == set().union(*map(imported, PROGRAM.glob("*.py"))) & (stacks - {"__main__"})
    files = [path for path in (ROOT / "infra").rglob("*.py") if PROGRAM not in path.parents]
    assert set() == set().union(*map(imported, files)) & own


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports."""
    nodes = [*ast.walk(ast.parse(path.read_text()))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {
        name.partition(".")[0]
        for name in names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    }
