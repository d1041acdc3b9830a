"""The Pulumi program: creates the components of a deployment from the stack's configuration, and connects them.

Decides which function may call, publish to and read what, and exports the outputs. What a component consists of is in
infra/deployment/components/; what can be configured is in infra/deployment/configuration/ and Pulumi.yaml.
"""

from dataclasses import replace
from pathlib import Path

import pulumi

from deployment import configuration
from deployment.archive import archive
from deployment.components.agents import Agents
from deployment.components.database import Database, DatabaseArgs
from deployment.components.function import INGRESS_ALL, INGRESS_INTERNAL, Function, FunctionArgs
from deployment.components.gateway import Gateway, GatewayArgs
from deployment.components.keys import Keys, KeysArgs, KeySet
from deployment.components.network import Network
from deployment.components.services import Services, depend_on_services, required_services
from deployment.components.source import Source, SourceArgs
from deployment.components.topic import Topic, TopicArgs
from deployment.gateway_config.document import read_contract
from deployment.gateway_config.test_issuer import SCHEME, with_test_issuer
from deployment.monitoring.monitoring import Monitoring, MonitoringArgs
from deployment.monitoring.runbooks import PAGE, read_runbooks

ROOT = Path(__file__).parent.parent

stack = configuration.read(pulumi.get_stack(), pulumi.Config(), pulumi.Config("gcp"))
environment, scale, access, protected = stack.environment, stack.scale, stack.access, stack.protected
depend_on_services(Services("services", required_services(stack)))

agents = Agents("agents", environment)
keys_args = KeysArgs(environment, agents, stack.encryption, protected)
keys = Keys("keys", keys_args).keys if stack.encryption.any else KeySet()
network = Network("network", environment, stack.network) if stack.network else None

source = Source("source", SourceArgs(environment, archive(ROOT), agents, keys.functions))
records = Topic("records", TopicArgs(environment, agents, keys.messages, protected))
database = Database(
    "database",
    DatabaseArgs(environment, stack.database, keys.records, protected, stack.recoverable, stack.retention_days),
)

generate = Function(
    "generate",
    FunctionArgs(
        environment, source, scale, network, INGRESS_ALL, {"TOPIC": records.name, **access.environment_variables()}
    ),
)
persist = Function(
    "persist",
    FunctionArgs(environment, source, scale, network, INGRESS_INTERNAL, {"DATABASE": database.name}),
)
present = Function(
    "present",
    FunctionArgs(
        environment, source, scale, network, INGRESS_ALL, {"DATABASE": database.name, **access.environment_variables()}
    ),
)
dead_letter = Function(
    "dead-letter",
    FunctionArgs(
        environment,
        source,
        replace(scale, min_instances=0),  # a dead letter can wait for an instance to start
        network,
        INGRESS_INTERNAL,
        {"DATABASE": database.name, "RETENTION_DAYS": str(stack.retention_days)},
    ),
)

records.grant_publish(generate)
dead_letter_subscription = records.push_dead_letters_to(dead_letter, timeout=scale.timeout)
subscription = records.push_to(persist, timeout=scale.timeout)
database.grant_create_records(persist)
database.grant_read_records(present)
database.grant_store_dead_letters(dead_letter)

contract = read_contract(ROOT / "openapi.yaml")
if stack.tester:
    contract = with_test_issuer(contract, stack.tester)
    access = replace(access, issuers=(*access.issuers, SCHEME))
    pulumi.export("tester", stack.tester)
backends = {"generate": generate, "present": present}
gateway = Gateway("gateway", GatewayArgs(environment, contract, access, backends, protected))

functions = {**backends, "persist": persist, "dead-letter": dead_letter}
monitoring = Monitoring(
    "monitoring",
    MonitoringArgs(
        environment,
        stack.monitoring,
        runbooks=read_runbooks(ROOT / PAGE),
        resource_names={
            **{name.replace("-", "_"): function.name for name, function in functions.items()},
            "subscription": subscription,
            "dead_letter_subscription": dead_letter_subscription,
            "dead_letters": records.dead_letters,
            "database": database.name,
            "gateway": gateway.name,
        },
        max_instances=scale.max_instances,
        host=gateway.host,
        project_number=source.project_number,
    ),
)

pulumi.export("url", gateway.url)
pulumi.export("audience", access.audiences[0])
pulumi.export("project", environment.project)
pulumi.export("region", environment.region)
pulumi.export("gateway", gateway.name)
pulumi.export("database", database.name)
pulumi.export("topic", records.name)
pulumi.export("subscription", subscription)
pulumi.export("deadLetters", records.dead_letters)
pulumi.export("functions", {name: function.name for name, function in functions.items()})
pulumi.export("dashboard", monitoring.dashboard)
if gateway.api_key is not None:
    pulumi.export("apiKey", gateway.api_key)
