"""The command `init`. Everything heavy is imported inside it, so that `data-api --help` stays quick."""

from pathlib import Path

import click


@click.command()
@click.option("--stack", metavar="NAME", help="The stack to configure, as in dev.")
@click.option("--pipeline", is_flag=True, help="Configure infra/bootstrap instead: it prepares a project for GitHub.")
@click.option("--project", default="", metavar="ID", help="The Google Cloud project.")
@click.option("--region", default="", metavar="REGION", help="The region, one with API Gateway, as in europe-west1.")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    metavar="MEMBER",
    help="Who may write and read, as in user:ada@example.com; can be given several times.  [default: your own account]",
)
@click.option(
    "--gcloud-audience/--no-gcloud-audience",
    default=None,
    help="Whether to accept people's own gcloud tokens.  [default: if a person has a grant, and the stack is not "
    "protected]",
)
@click.option(
    "--backend",
    metavar="URL",
    help="Where Pulumi keeps the state: local, cloud or an address such as gs://BUCKET.  [default: where Pulumi is "
    "signed in, else local]",
)
@click.option(
    "--secrets-provider",
    default="",
    metavar="URL",
    help="The key that encrypts the secrets of a new stack, as in gcpkms://….  [default: a passphrase]",
)
@click.option(
    "--alert-email",
    "alert_emails",
    multiple=True,
    metavar="ADDRESS",
    help="Who gets the alerts; can be given several times.  [default: your own address, if a protected stack has "
    "nobody]",
)
@click.option(
    "--outputs",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A stack for the pipeline: take project, region, state, key and grant from the outputs of infra/bootstrap.",
)
@click.option("--repository-id", default="", metavar="N", help="With --pipeline.  [default: gh knows it]")
@click.option("--owner-id", default="", metavar="N", help="With --pipeline.  [default: gh knows it]")
@click.option("--yes", is_flag=True, help="Ask nothing: accept what is offered, and replace what is there.")
@click.option("--dry-run", is_flag=True, help="Print the commands and change nothing.")
def init(  # noqa: PLR0913 - one for each option
    *,
    stack: str | None,
    pipeline: bool,
    project: str,
    region: str,
    grants: tuple[str, ...],
    gcloud_audience: bool | None,
    backend: str | None,
    secrets_provider: str,
    alert_emails: tuple[str, ...],
    outputs: Path | None,
    repository_id: str,
    owner_id: str,
    yes: bool,
    dry_run: bool,
) -> None:
    """Write the configuration that a deployment needs.

    Signs Pulumi in to the state, creates the stack, and sets in Pulumi.NAME.yaml what has no default: project, region,
    and who may call the API. Enables the services that are off, and ends with `data-api doctor --stack NAME`.

    Asks for what is missing; without a terminal a missing value is an error. What is set already stays, unless you
    give another value and agree.

    \b
    data-api init --stack dev --project my-project --region europe-west1
    data-api init --stack dev --dry-run
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from data_api.ops.dependencies import Dependencies  # noqa: PLC0415 - see above
    from data_api.ops.init import run  # noqa: PLC0415 - see above
    from data_api.ops.init.stack_plan import Wanted  # noqa: PLC0415 - see above

    if bool(stack) == pipeline:
        raise click.UsageError("Give --stack NAME, or --pipeline for infra/bootstrap.")
    initialization = run.Initialization(
        click.get_current_context().ensure_object(Dependencies), backend, accepts_offers=yes, is_dry=dry_run
    )
    wanted = Wanted(stack or "", project, region, grants, gcloud_audience, secrets_provider, alert_emails)
    is_ok = (
        initialization.of_stack(wanted, outputs)
        if stack
        else initialization.of_pipeline(wanted, (repository_id, owner_id))
    )
    raise SystemExit(0 if is_ok else 1)
