"""What the pipeline may do, who may start it, and in which order it delivers.

zizmor and actionlint find common mistakes; these tests are about this pipeline.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OWN_BRANCH = "github.event.pull_request.head.repo.full_name == github.repository"
LOGIN = "google-github-actions/auth"

Json = dict[str, Any]  # what a workflow holds is known to its reader only


def read(path: Path) -> Json:
    """A workflow; YAML reads its key `on` as True."""
    results: Json = {str(key): value for key, value in yaml.safe_load(path.read_text()).items()}
    return results


WORKFLOWS = {path.name: read(path) for path in sorted((FOLDER / "workflows").glob("*.yml"))}
JOBS = {(name, job): content for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()}


def events(name: str) -> set[str]:
    on = WORKFLOWS[name]["True"]
    return {on} if isinstance(on, str) else set(on)


def called(job: Json) -> str | None:
    """The workflow of this repository that a job is."""
    uses = job.get("uses", "")
    return uses.removeprefix("./.github/workflows/") if uses.startswith("./") else None


def ways_to(name: str) -> Iterator[list[tuple[str, Json]]]:
    """From each workflow that something outside starts, the jobs on the way to this one."""
    if events(name) != {"workflow_call"}:
        yield []
    for (caller, _), job in JOBS.items():
        if called(job) == name:
            for way in ways_to(caller):
                yield [*way, (caller, job)]


def commands(job: Json) -> str:
    return "\n".join(step.get("run", "") for step in job.get("steps", []))


def logs_in(job: Json) -> bool:
    return any(step.get("uses", "").startswith(LOGIN) for step in job.get("steps", []))


def changes_a_stack(job: Json) -> bool:
    return "pulumi up" in commands(job)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yml")), ids=lambda path: path.name)
def test_every_third_party_action_is_pinned_to_a_commit_with_its_version_in_a_comment(path: Path) -> None:
    used = re.findall(r"^[ -]*uses: (.+)$", path.read_text(), re.MULTILINE)
    assert [] == [action for action in used if not action.startswith("./") and not PINNED.fullmatch(action)]


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    text = "".join(path.read_text() for path in FOLDER.rglob("*.yml"))
    pins = set(re.findall(r"uses: ([\w.-]+/[\w.-]+)(@.+)", text))
    assert len({action for action, _ in pins}) == len(pins) >= 4


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_have_no_permissions_beyond_those_of_their_jobs(name: str) -> None:
    assert {} == WORKFLOWS[name]["permissions"]
    for job in WORKFLOWS[name]["jobs"].values():
        assert job["permissions"].keys() <= {"contents", "id-token", "pull-requests"}
        creates_a_release = "gh release create" in commands(job)
        assert ("write" == job["permissions"].get("contents")) == creates_a_release


def test_only_jobs_that_log_in_get_an_id_token_and_only_jobs_that_comment_may_write_to_pull_requests() -> None:
    for job in JOBS.values():
        callee = called(job)
        jobs = WORKFLOWS[callee]["jobs"].values() if callee else [job]
        assert any(map(logs_in, jobs)) == ("id-token" in job["permissions"])
        assert ("gh pr comment" in commands(job)) == ("pull-requests" in job["permissions"])


def test_only_a_pushed_tag_creates_a_release_and_only_after_the_checks() -> None:
    workflow = WORKFLOWS["release.yml"]
    assert {"push": {"tags": ["v*"]}} == workflow["True"]
    assert "check" == workflow["jobs"]["release"]["needs"]
    assert "tests/repository/test_versions.py" in commands(workflow["jobs"]["release"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_runs_the_code_of_a_fork_with_permissions_of_the_repository(name: str) -> None:
    assert events(name) <= {"push", "pull_request", "schedule", "workflow_call", "workflow_dispatch"}
    assert "secrets" not in (FOLDER / "workflows" / name).read_text()


def test_jobs_that_log_in_do_not_run_for_forks_or_without_a_configured_identity() -> None:
    reached = [(name, job) for (name, _), job in JOBS.items() if logs_in(job)]
    assert len(reached) >= 3
    for name, job in reached:
        for way in ways_to(name):
            steps = [*way, (name, job)]
            conditions = " && ".join(str(step.get("if", "")) for _, step in steps)
            needed = [_needed(start, step) for start, step in steps]
            assert "vars.WORKLOAD_IDENTITY_PROVIDER != ''" in " ".join([conditions, *needed])
            assert "pull_request" not in events(steps[0][0]) or OWN_BRANCH in conditions


def _needed(workflow: str, job: Json) -> str:
    """The conditions of the jobs without which this one does not start."""
    before = job.get("needs", [])
    names = [before] if isinstance(before, str) else before
    jobs = [WORKFLOWS[workflow]["jobs"][name] for name in names]
    return " ".join(f"{job.get('if', '')} {_needed(workflow, job)}" for job in jobs)


def test_every_job_that_logs_in_has_an_environment_and_only_that_of_the_stack_deploys() -> None:
    for job in JOBS.values():
        if not logs_in(job):
            continue
        environment = job["environment"]["name"] if isinstance(job["environment"], dict) else job["environment"]
        whose = {"preview": "PREVIEWER", "drill": "DRILLER"}.get(environment.rpartition("-")[2], "DEPLOYER")
        accounts = {step["with"]["service_account"] for step in job["steps"] if step.get("uses", "").startswith(LOGIN)}
        assert {f"${{{{ vars.{whose} }}}}"} == accounts
        assert not (changes_a_stack(job) and whose != "DEPLOYER")


def test_a_pull_request_previews_only_stacks_that_the_preparation_opens_for_it() -> None:
    declared = yaml.safe_load((ROOT / "infra" / "bootstrap" / "Pulumi.yaml").read_text())
    previewed = {
        job["with"]["stack"]
        for (name, _), job in JOBS.items()
        if "pull_request" in events(name) and called(job) == "stack-preview.yml"
    }
    assert {*declared["config"]["pullRequests"]["default"]} == previewed
    assert "prod" not in previewed


def test_two_jobs_never_change_one_stack_at_once_and_none_that_does_is_cancelled() -> None:
    changing = [(name, job) for (name, _), job in JOBS.items() if changes_a_stack(job)]
    assert ["stack-up.yml"] == [name for name, _ in changing]
    for name, job in changing:
        assert {"group": "up-${{ inputs.stack }}", "cancel-in-progress": False} == job["concurrency"]
        assert "${{ inputs.stack }}" == job["environment"]["name"]
        for way in ways_to(name):
            started = [WORKFLOWS[start] for start, _ in way]
            assert all(not job.get("concurrency", {}).get("cancel-in-progress") for job in started)


def test_prod_comes_after_dev_is_tested_and_prod_is_previewed() -> None:
    jobs = WORKFLOWS["deliver.yml"]["jobs"]

    assert {"push": {"branches": ["main"]}} == WORKFLOWS["deliver.yml"]["True"]
    order = ["check", "dev", "prod-preview", "prod"]
    assert [None, *order[:-1]] == [jobs[name].get("needs") for name in order]
    assert ["check.yml", "stack-up.yml", "stack-preview.yml", "stack-up.yml"] == [called(jobs[name]) for name in order]
    assert {"stack": "dev", "tests": "tests/stack"} == jobs["dev"]["with"]
    assert {"stack": "prod"} == jobs["prod"]["with"]  # the smoke test only, as for every stack
    assert (ROOT / "tests" / "stack").exists()


def test_what_was_deployed_is_what_is_tested() -> None:
    steps = WORKFLOWS["stack-up.yml"]["jobs"]["up"]["steps"]
    up, smoke, tests = [step for step in steps if re.search("pulumi up|smoke|pytest", step.get("run", ""))]

    assert "up" == up["id"]
    assert "pulumi up --yes" in up["run"]
    assert "--refresh" in next(line for line in up["run"].splitlines() if line.startswith("pulumi up"))
    # With --stack it compares the code of each function with the commit, too.
    assert '.venv/bin/data-api smoke --wait 10m --stack "$STACK"' == smoke["run"].partition(" #")[0]
    assert "if" not in smoke
    (compare,) = [step for step in steps if "doctor" in step.get("run", "")]
    assert '.venv/bin/data-api doctor --stack "$STACK" --only functions' == compare["run"].partition(" #")[0]
    assert '.venv/bin/pytest --url "$DATA_API_URL" "$TESTS"' == tests["run"]
    assert "${{ steps.up.outputs.url }}" == tests["env"]["DATA_API_URL"]


def test_every_night_both_stacks_are_compared_with_the_deployed_resources() -> None:
    drift = WORKFLOWS["drift.yml"]
    compare = drift["jobs"]["compare"]

    assert "schedule" in events("drift.yml")
    assert ["dev", "prod"] == compare["strategy"]["matrix"]["stack"]
    assert {"stack": "${{ matrix.stack }}", "find-drift": True} == compare["with"]
    (preview,) = [s for s in WORKFLOWS["stack-preview.yml"]["jobs"]["preview"]["steps"] if s.get("id") == "preview"]
    assert "--refresh --expect-no-changes" in preview["env"]["DRIFT"]


def test_every_night_the_code_that_functions_run_and_the_newest_backup_are_checked() -> None:
    steps = WORKFLOWS["stack-preview.yml"]["jobs"]["preview"]["steps"]
    checks = {step["run"]: step["if"] for step in steps if "data-api doctor" in step.get("run", "")}
    command, condition = '.venv/bin/data-api doctor --stack "$STACK" --only', "inputs.find-drift && !cancelled()"
    # The condition: also after a preview that found changes.
    assert {f"{command} {check}": condition for check in ("functions", "backups")} == checks


def test_no_job_asks_the_compute_api_for_regions() -> None:
    """The provider would warn of a service that a stack without a private network does not use."""
    texts = [str(WORKFLOWS[name]) for name in ("stack-up.yml", "stack-preview.yml")]
    assert all("'PULUMI_GCP_SKIP_REGION_VALIDATION': 'true'" in text for text in texts)


def test_a_command_that_fails_in_a_pipe_fails_its_step() -> None:
    for (name, _), job in JOBS.items():
        if re.search(r"[^|]\|[^|]", commands(job)):
            assert "bash" == WORKFLOWS[name]["defaults"]["run"]["shell"]  # said so, it is started with pipefail


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_job_has_a_timeout(name: str) -> None:
    assert all("timeout-minutes" in job for job in WORKFLOWS[name]["jobs"].values() if "steps" in job)
