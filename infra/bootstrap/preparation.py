"""Prepares a project for the pipeline: for each stack a bucket for its state and service accounts for GitHub's jobs.

Decides who may do what with which stack, and exports what the workflows read. The program shares no code with the
program in infra/, so a change of that one cannot change anything here. docs/deploy.md describes how to run it.
"""

from collections.abc import Mapping

import pulumi

from accounts import StackAccounts
from audit import Audit
from federation import Federation, deploy_environment, drill_environment, preview_environment
from identity import Identity, Role
from logs import Logs
from permissions import DATABASE_DEPLOYER, DEPLOYER, DRILLER, KEY_READER, PREVIEWER
from services import Services
from settings import BOOTSTRAP, read
from state import State

Variables = Mapping[str, pulumi.Output[str]]


def prepare() -> None:
    """Creates all resources and exports the outputs."""
    settings = read(pulumi.Config(), pulumi.Config("gcp"))
    after_services = pulumi.ResourceOptions(depends_on=[Services("services")])
    if settings.audit_reads:
        Audit("audit", settings, opts=after_services)
    Logs("logs", settings, opts=after_services)
    federation = Federation("github", settings, opts=after_services)
    deploy = Role("deploy", settings, DEPLOYER, opts=after_services)
    deploy_database = Role("deploy_database", settings, DATABASE_DEPLOYER, opts=after_services)
    read_keys = Role("read_keys", settings, KEY_READER, opts=after_services)
    preview = Role("preview", settings, PREVIEWER, opts=after_services)
    drill = Role("drill", settings, DRILLER, opts=after_services)
    states = {name: State(name, settings, opts=after_services) for name in (BOOTSTRAP, *settings.stacks)}

    environments: dict[str, Variables] = {}
    for stack in settings.stacks:
        deployer = Identity(f"{stack}-deploy", settings, f"deploys {stack}", opts=after_services)
        deployer.grant_deploy(stack, deploy, deploy_database)
        StackAccounts(stack, settings, deployer.account.member, opts=after_services)
        states[stack].grant_write(f"{stack}-deploy", deployer.account.member)
        federation.grant_impersonation(deployer.account, f"{stack}-deploy", deploy_environment(stack))
        environments[deploy_environment(stack)] = _variables("DEPLOYER", deployer, states[stack])

        previewer = Identity(f"{stack}-preview", settings, f"previews {stack}", opts=after_services)
        previewer.grant_preview(stack, preview)
        if stack not in settings.pull_request_stacks:
            previewer.grant_keys(read_keys)
        states[stack].grant_read(f"{stack}-preview", previewer.account.member)
        federation.grant_impersonation(previewer.account, f"{stack}-preview", preview_environment(stack))
        environments[preview_environment(stack)] = _variables("PREVIEWER", previewer, states[stack])

    for stack in settings.drill_stacks:
        driller = Identity(f"{stack}-drill", settings, f"drills {stack}", opts=after_services)
        driller.grant_drill(drill)
        states[stack].grant_read(f"{stack}-drill", driller.account.member)
        federation.grant_impersonation(driller.account, f"{stack}-drill", drill_environment(stack))
        environments[drill_environment(stack)] = _variables("DRILLER", driller, states[stack])

    pulumi.export("repositoryVariables", {"WORKLOAD_IDENTITY_PROVIDER": federation.provider})
    pulumi.export("environmentVariables", environments)
    pulumi.export("pullRequestEnvironments", [*map(preview_environment, settings.pull_request_stacks)])
    pulumi.export("states", {name: state.url for name, state in states.items()})
    pulumi.export("secretsProviders", {name: state.secrets_provider for name, state in states.items()})


def _variables(role: str, identity: Identity, state: State) -> Variables:
    """The variables of an environment in GitHub, with the names that the workflows read."""
    return {role: identity.account.email, "PULUMI_BACKEND_URL": state.url}
