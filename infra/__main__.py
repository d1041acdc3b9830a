"""The Pulumi program: creates the components of a deployment from the stack's configuration, and connects them.

Decides which function may call, publish to and read what, and exports the outputs. What a component consists of is in
infra/deployment/components/; what can be configured is in infra/deployment/configuration/ and Pulumi.yaml.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pulumi

from deployment import configuration
from deployment.archive import archive
from deployment.build import export_build
from deployment.components.accounts import account_email
from deployment.components.agents import Agents
from deployment.components.database import Database, DatabaseArgs
from deployment.components.function import INGRESS_ALL, INGRESS_INTERNAL, Function, FunctionArgs
from deployment.components.gateway import Gateway, GatewayArgs
from deployment.components.keys import Keys, KeysArgs, KeySet
from deployment.components.load_balancer import LoadBalancer, LoadBalancerArgs
from deployment.components.network import Network
from deployment.components.page_files import PageFiles, PageFilesArgs
from deployment.components.protection import record_resources
from deployment.components.schedule import Schedule, ScheduleArgs
from deployment.components.services import Services, depend_on_services, required_services
from deployment.components.source import Source, SourceArgs
from deployment.components.topic import Topic, TopicArgs
from deployment.configuration import synthetic_caller
from deployment.function_declarations import read_function_declarations
from deployment.gateway_config.document import read_contract
from deployment.gateway_config.test_issuer import SCHEME, with_test_issuer
from deployment.monitoring.monitoring import Monitoring, MonitoringArgs
from deployment.monitoring.runbooks import PAGE, read_runbooks
from deployment.page_release import export

ROOT = Path(__file__).parent.parent

declared_functions = read_function_declarations(ROOT)
declarations = [declared for declared in declared_functions if not declared.is_scheduled]
(caller,) = [declared for declared in declared_functions if declared.is_scheduled]
stack = configuration.read(pulumi.get_stack(), pulumi.Config(), pulumi.Config("gcp"), len(declarations))
environment, scale, access, protected = stack.environment, stack.scale, stack.access, stack.protected
if stack.synthetic_caller:
    access = access.with_member(f"serviceAccount:{account_email(environment, caller.name)}")
resources = record_resources()
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

variables: Mapping[str, Mapping[str, pulumi.Input[str]]] = {
    "publish-records": {"TOPIC": records.name},
    "create-records": {"DATABASE": database.name},
    # A client that waits for changes counts as a request: a quarter of an instance's requests is left for others.
    "read-records": {"DATABASE": database.name, "MAX_WAITING": str(stack.scale.concurrency * 3 // 4)},
    "delete-records": {"DATABASE": database.name},
    "store-dead-letters": {"DATABASE": database.name, "RETENTION_DAYS": str(stack.retention_days)},
    "serve-page": {"ROLE_CLAIM": access.role_claim, **stack.page.environment_variables()},
}
grant: Mapping[str, Callable[[Function], object]] = {
    "publish-records": records.grant_publish,
    "create-records": database.grant_create_records,
    "read-records": database.grant_read_records,
    "delete-records": database.grant_delete_records,
    "store-dead-letters": database.grant_store_dead_letters,
    "serve-page": lambda _: None,
}
functions: dict[str, Function] = {}
for declared in declarations:
    is_public = declared.is_called_through_the_gateway
    args = FunctionArgs(
        environment,
        source,
        scale if declared.is_waited_for else replace(scale, min_instances=0),
        network,
        INGRESS_ALL if is_public else INGRESS_INTERNAL,
        {**variables[declared.may], **(access.environment_variables() if declared.authorizes_callers else {})},
    )
    functions[declared.name] = Function(declared.name, args)
    grant[declared.may](functions[declared.name])
triggered = {declared.trigger: functions[declared.name] for declared in declarations}
dead_letter_subscription = records.push_dead_letters_to(triggered["dead-letters"], timeout=scale.timeout)
subscription = records.push_to(triggered["records"], timeout=scale.timeout)

contract = read_contract(ROOT / "openapi.yaml")
if stack.tester:
    contract = with_test_issuer(contract, stack.tester)
    access = replace(access, issuers=(*access.issuers, SCHEME))
    pulumi.export("tester", stack.tester)
backends = {
    declared.name: functions[declared.name] for declared in declarations if declared.is_called_through_the_gateway
}
gateway = Gateway("gateway", GatewayArgs(environment, contract, access, backends, protected))

url: pulumi.Input[str] = gateway.url
if stack.page.domain:
    release = export(ROOT, stack.page, access.role_claim)
    page = PageFiles("page", PageFilesArgs(environment, release, keys.functions))
    load_balancer_args = LoadBalancerArgs(environment, stack.page.domain, page, gateway.host, protected)
    load_balancer = LoadBalancer("domain", load_balancer_args)
    url = load_balancer.url
    pulumi.export("dnsRecords", load_balancer.dns_records)

monitored_functions = {name: function.name for name, function in functions.items()}
if stack.synthetic_caller:
    # Not in the private network, from which the API's public address cannot be reached: it is outside, like its users.
    caller_scale = replace(scale, min_instances=0, max_instances=1, timeout=synthetic_caller.SECONDS)
    caller_variables = {"API_URL": url, "AUDIENCE": access.audiences[0]}
    if gateway.api_key is not None:
        caller_variables["API_KEY"] = gateway.api_key
    caller_args = FunctionArgs(environment, source, caller_scale, None, INGRESS_INTERNAL, caller_variables)
    functions[caller.name] = Function(caller.name, caller_args)
    Schedule(
        "schedule", ScheduleArgs(environment, functions[caller.name], synthetic_caller.MINUTES, caller_scale.timeout)
    )

monitoring = Monitoring(
    "monitoring",
    MonitoringArgs(
        environment,
        stack.monitoring,
        runbooks=read_runbooks(ROOT / PAGE),
        resource_names={
            "subscription": subscription,
            "dead_letter_subscription": dead_letter_subscription,
            "dead_letters": records.dead_letters,
            "database": database.name,
            "gateway": gateway.name,
        },
        functions=monitored_functions,
        synthetic_caller=functions[caller.name].name if stack.synthetic_caller else None,
        backups=stack.recoverable,
        max_instances=scale.max_instances,
        host=gateway.host,
        project_number=source.project_number,
        protected=resources if protected else None,
    ),
)

export_build(source.build, after=[function.url for function in functions.values()])
pulumi.export("url", url)
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
