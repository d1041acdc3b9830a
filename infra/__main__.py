"""Composes a deployment: reads the stack's configuration, makes the parts and lets them meet.

Owns who calls whom, and what is exported. What each part is made of, and what its IAM says, is its component's; what
stacks may say otherwise is `configuration`'s and Pulumi.yaml's.
"""

from pathlib import Path

import pulumi

import configuration
from archive import archive
from components.database import Database
from components.function import ANYWHERE, PUBSUB_ONLY, Function, FunctionArgs
from components.gateway import Gateway, GatewayArgs
from components.services import Services
from components.source import Source
from components.topic import Topic
from gateway_document import read_contract
from gateway_tester import believing

root = Path(__file__).parent.parent
stack = configuration.read(pulumi.get_stack(), pulumi.Config(), pulumi.Config("gcp"))
place, scale, access, protected = stack.place, stack.scale, stack.access, stack.protected
ready = pulumi.ResourceOptions(depends_on=[Services("services")])

source = Source("source", place, archive(root), opts=ready)
records = Topic("records", place, protected=protected, opts=ready)
database = Database("database", place, protected=protected, recoverable=stack.recoverable, opts=ready)

generate = Function(
    "generate",
    FunctionArgs(place, source, scale, ANYWHERE, environment={"TOPIC": records.name, **access.environment()}),
    opts=ready,
)
persist = Function(
    "persist",
    FunctionArgs(place, source, scale, PUBSUB_ONLY, environment={"DATABASE": database.name}),
    opts=ready,
)
present = Function(
    "present",
    FunctionArgs(place, source, scale, ANYWHERE, environment={"DATABASE": database.name, **access.environment()}),
    opts=ready,
)

records.let_publish(generate)
records.push_to(persist, patience=scale.timeout)
database.let_create(persist)
database.let_read(present)

contract = read_contract(root / "openapi.yaml")
if stack.tester:
    contract = believing(contract, stack.tester)
    pulumi.export("tester", stack.tester)
fronted = {"generate": generate, "present": present}
gateway = Gateway("gateway", GatewayArgs(place, contract, access.audiences, fronted, protected), opts=ready)

pulumi.export("url", gateway.url)
pulumi.export("audience", access.audiences[0])
pulumi.export("database", database.name)
pulumi.export("topic", records.name)
pulumi.export("deadLetters", records.dead_letters)
pulumi.export("functions", {each: made.name for each, made in fronted.items()} | {"persist": persist.name})
