"""Names the identities under which Google's own services act in the project, and sees that they exist.

A service makes its agent when it first needs it, and a grant to one that is not there yet fails; so each is asked for
before it is granted anything. Not every service answers with its agent's name: all names follow from the project's
number, which Pub/Sub's tells. Destroying this leaves the agents as they are.
"""

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment

# https://cloud.google.com/iam/docs/service-agents
DOMAINS = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "cloudfunctions": "gcf-admin-robot",
    "eventarc": "gcp-sa-eventarc",
    "firestore": "gcp-sa-firestore",
    "pubsub": "gcp-sa-pubsub",
    "run": "serverless-robot-prod",
    "storage": "gs-project-accounts",
}


class Agents(pulumi.ComponentResource):
    """The agents of the services that are asked for."""

    def __init__(self, name: str, environment: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Agents", name, None, opts)
        self._project = environment.project
        self._made: dict[str, gcp.projects.ServiceIdentity] = {}
        self.register_outputs({})

    def member(self, service: str) -> pulumi.Output[str]:
        """A service's agent, as a grant names it."""
        agent = pulumi.Output.all(self._agent("pubsub").member, self._agent(service).id)
        return agent.apply(
            lambda member_and_id: f"{member_and_id[0].partition('@')[0]}@{DOMAINS[service]}.iam.gserviceaccount.com"
        )

    def _agent(self, service: str) -> gcp.projects.ServiceIdentity:
        if service not in self._made:
            self._made[service] = gcp.projects.ServiceIdentity(
                f"{service}-agent",
                project=self._project,
                service=f"{service}.googleapis.com",
                opts=pulumi.ResourceOptions(parent=self),
            )
        return self._made[service]
