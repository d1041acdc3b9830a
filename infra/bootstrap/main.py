"""Prepares a project for a pipeline: for each stack a state, an identity that deploys and one that only looks.

Owns who may do what with which stack, and what is exported: the variables that the workflows read, and where states
and keys are. It shares no code with the program that it prepares for: a change of that can change nothing here.
docs/deploy.md says how it is run.
"""

import pulumi

import settings
from duties import DEPLOYING, PREVIEWING
from federation import Federation, deploys, previews
from identity import Identity, Role
from services import Services
from state import State

project = settings.read(pulumi.Config(), pulumi.Config("gcp"))
ready = pulumi.ResourceOptions(depends_on=[Services("services")])

federation = Federation("github", project, opts=ready)
deploy = Role("deploy", project, DEPLOYING, opts=ready)
preview = Role("preview", project, PREVIEWING, opts=ready)
states = {name: State(name, project, opts=ready) for name in (settings.OWN, *project.stacks)}
environments: dict[str, dict[str, pulumi.Output[str]]] = {}

for stack in project.stacks:
    deployer = Identity(f"{stack}-deploy", project, f"deploys {stack}", opts=ready)
    deployer.let_deploy(stack, deploy)
    states[stack].let_write(f"{stack}-deploy", deployer.account.member)
    federation.let_act_as(deployer.account, f"{stack}-deploy", deploys(stack))

    previewer = Identity(f"{stack}-preview", project, f"previews {stack}", opts=ready)
    previewer.let_preview(stack, preview)
    states[stack].let_read(f"{stack}-preview", previewer.account.member)
    federation.let_act_as(previewer.account, f"{stack}-preview", previews(stack))

    environments[deploys(stack)] = {"DEPLOYER": deployer.account.email, "PULUMI_BACKEND_URL": states[stack].url}
    environments[previews(stack)] = {"PREVIEWER": previewer.account.email, "PULUMI_BACKEND_URL": states[stack].url}

# GitHub's variables, under the names by which the workflows read them.
pulumi.export("repositoryVariables", {"WORKLOAD_IDENTITY_PROVIDER": federation.provider})
pulumi.export("environmentVariables", environments)
pulumi.export("states", {name: state.url for name, state in states.items()})
pulumi.export("secretsProviders", {name: state.secrets_provider for name, state in states.items()})
