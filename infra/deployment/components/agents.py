"""Creates the service agents of Google's services in the project, and gives their names as IAM members.

A service creates its agent only when it first needs it, and a grant to a missing agent fails; so each agent is
requested before it gets a grant. Not every service returns the name of its agent. All names are derived from the
project's number, which is read from the name of Pub/Sub's agent. Destroying the component does not delete the agents.
"""

import pulumi
import pulumi_gcp as gcp

from deployment.configuration import Environment

# https://cloud.google.com/iam/docs/service-agents
AGENT_DOMAINS = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "cloudfunctions": "gcf-admin-robot",
    "eventarc": "gcp-sa-eventarc",
    "firestore": "gcp-sa-firestore",
    "pubsub": "gcp-sa-pubsub",
    "run": "serverless-robot-prod",
    "storage": "gs-project-accounts",
}


class Agents(pulumi.ComponentResource):
    """The service agents, created when `member` is first called for a service."""

    def __init__(self, name: str, environment: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Agents", name, None, opts)
        self._project = environment.project
        self._agents: dict[str, gcp.projects.ServiceIdentity] = {}
        self.register_outputs({})

    def member(self, service: str) -> pulumi.Output[str]:
        """The agent of a service, as a member for IAM; `service` is a key of AGENT_DOMAINS."""
        agent = pulumi.Output.all(self._agent("pubsub").member, self._agent(service).id)
        return agent.apply(
            lambda member_and_id: (
                f"{member_and_id[0].partition('@')[0]}@{AGENT_DOMAINS[service]}.iam.gserviceaccount.com"
            )
        )

    def _agent(self, service: str) -> gcp.projects.ServiceIdentity:
        if service not in self._agents:
            self._agents[service] = gcp.projects.ServiceIdentity(
                f"{service}-agent",
                project=self._project,
                service=f"{service}.googleapis.com",
                opts=pulumi.ResourceOptions(parent=self),
            )
        return self._agents[service]
