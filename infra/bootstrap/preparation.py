"""Prepares a project for a pipeline: for each stack a state, and identities that deploy, look and drill.

Owns who may do what with which stack, and what is exported: the variables that the workflows read, and where states
and keys are. It shares no code with the program that it prepares for: a change of that can change nothing here.
docs/deploy.md says how it is run.
"""

from collections.abc import Mapping

import pulumi

from federation import Federation, deploys, drills, previews
from identity import Identity, Role
from permissions import DEPLOYING, DRILLING, PREVIEWING
from services import Services
from settings import OWN, read
from state import State

Variables = Mapping[str, pulumi.Output[str]]


def prepare() -> None:
    """Makes and exports all."""
    settings = read(pulumi.Config(), pulumi.Config("gcp"))
    ready = pulumi.ResourceOptions(depends_on=[Services("services")])
    federation = Federation("github", settings, opts=ready)
    deploy = Role("deploy", settings, DEPLOYING, opts=ready)
    preview = Role("preview", settings, PREVIEWING, opts=ready)
    drill = Role("drill", settings, DRILLING, opts=ready)
    states = {name: State(name, settings, opts=ready) for name in (OWN, *settings.stacks)}

    environments: dict[str, Variables] = {}
    for stack in settings.stacks:
        deployer = Identity(f"{stack}-deploy", settings, f"deploys {stack}", opts=ready)
        deployer.let_deploy(stack, deploy)
        states[stack].let_write(f"{stack}-deploy", deployer.account.member)
        federation.let_act_as(deployer.account, f"{stack}-deploy", deploys(stack))
        environments[deploys(stack)] = _variables("DEPLOYER", deployer, states[stack])

        previewer = Identity(f"{stack}-preview", settings, f"previews {stack}", opts=ready)
        previewer.let_preview(stack, preview)
        states[stack].let_read(f"{stack}-preview", previewer.account.member)
        federation.let_act_as(previewer.account, f"{stack}-preview", previews(stack))
        environments[previews(stack)] = _variables("PREVIEWER", previewer, states[stack])

    for stack in settings.drilled:
        driller = Identity(f"{stack}-drill", settings, f"drills {stack}", opts=ready)
        driller.let_drill(drill)
        states[stack].let_read(f"{stack}-drill", driller.account.member)
        federation.let_act_as(driller.account, f"{stack}-drill", drills(stack))
        environments[drills(stack)] = _variables("DRILLER", driller, states[stack])

    pulumi.export("repositoryVariables", {"WORKLOAD_IDENTITY_PROVIDER": federation.provider})
    pulumi.export("environmentVariables", environments)
    pulumi.export("states", {name: state.url for name, state in states.items()})
    pulumi.export("secretsProviders", {name: state.secrets_provider for name, state in states.items()})


def _variables(role: str, identity: Identity, state: State) -> Variables:
    """GitHub's variables of an environment, under the names by which the workflows read them."""
    return {role: identity.account.email, "PULUMI_BACKEND_URL": state.url}
