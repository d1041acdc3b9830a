"""`pulumi destroy` of a protected stack with the real engine and the real provider, without a cloud."""

from pathlib import Path

import pytest

from tests.support.infra import pulumi_preview
from tests.support.infra.pulumi_destroy import destroy_unprotected
from tests.support.infra.stack_settings import OPERATOR


def test_without_pulumis_protection_the_provider_refuses_before_anything_is_deleted(tmp_path: Path) -> None:
    if not pulumi_preview.is_installed():
        pytest.skip(pulumi_preview.MISSING)
    began, output = destroy_unprotected(pulumi_preview.copied(tmp_path), "prod", OPERATOR)
    assert ["gcp:monitoring:Dashboard dashboard"] == began
    assert "cannot destroy" in output
