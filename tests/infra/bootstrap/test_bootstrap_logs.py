"""The retention of the project's logs."""

import pytest

from tests.support.infra.pulumi_mocks import PROJECT
from tests.support.infra.pulumi_program import run_bootstrap_program
from tests.support.infra.stack_settings import OWNER

BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"


@pytest.mark.parametrize(("settings", "days"), [({}, 30), ({"data-api-bootstrap:logRetentionDays": "7"}, 7)])
def test_logs_are_kept_for_as_long_as_the_setting_says(settings: dict[str, str], days: int) -> None:
    bucket = run_bootstrap_program({**OWNER, **settings}).one(BUCKET, "default").inputs
    assert (PROJECT, "global", "_Default", days) == tuple(
        bucket[name] for name in ("project", "location", "bucketId", "retentionDays")
    )
