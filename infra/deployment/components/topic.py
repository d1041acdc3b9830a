"""Carries records from the function that accepts them to the one that stores them, and keeps those that never arrive.

Owns retries and dead letters, the identity of the pushes, and what Pub/Sub's own agent needs to move a dead letter:
without either grant it fails in silence. Destroying this loses the messages under way and the dead letters.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.agents import Agents
from deployment.components.function import Function
from deployment.components.keys import Key
from deployment.components.protection import deletion_policy, protection
from deployment.configuration import Environment

# 20 tries with these pauses end after two and a quarter hours: an outage of the database shorter than that costs nobody
# anything, and a message that no retry can store is with the dead letters the same day.
ATTEMPTS = 20
FIRST_PAUSE, LONGEST_PAUSE = "10s", "600s"
_DAY = 24 * 60 * 60  # seconds
_WEEK = f"{7 * _DAY}s"
_LONGEST_RETENTION = f"{31 * _DAY}s"


@dataclass(frozen=True)
class TopicArgs:
    """What the topic is made of."""

    environment: Environment
    agents: Agents
    key: Key | None
    protected: bool


class Topic(pulumi.ComponentResource):
    """The topic, its dead letters, a subscription that keeps these and one that pushes them to `dead-letter`."""

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Topic", name, None, opts)
        self._environment = args.environment
        self._policy = deletion_policy(protected=args.protected)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._protection = protection(self, protected=args.protected)
        self._agent = args.agents.member("pubsub")
        self._topic = self._create_topic(name, f"{args.environment.prefix}-{name}", args.key)
        self._dead_letters = self._create_topic(
            "dead-letters", f"{args.environment.prefix}-{name}-dead-letters", args.key
        )
        self._dead_letter_subscription = gcp.pubsub.Subscription(
            "dead-letters",
            name=f"{args.environment.prefix}-{name}-dead-letters",
            topic=self._dead_letters.id,
            message_retention_duration=_LONGEST_RETENTION,
            expiration_policy={"ttl": ""},
            deletion_policy=self._policy,
            opts=self._protection,
        )
        # Who has to be there before the first dead letter: one that nobody subscribes to is lost.
        self._takers: list[pulumi.Resource] = [self._dead_letter_subscription]
        self.name = self._topic.name
        self.dead_letters = self._dead_letter_subscription.name
        self.register_outputs({"name": self.name, "deadLetters": self.dead_letters})

    def _create_topic(self, name: str, full_name: str, key: Key | None) -> gcp.pubsub.Topic:
        """A topic whose messages stay in the region, and for a week after they have been delivered, to be replayed."""
        return gcp.pubsub.Topic(
            name,
            name=full_name,
            message_retention_duration=_WEEK,
            # Not enforced in transit as well: an operator elsewhere could then not replay the messages stored here.
            message_storage_policy={"allowed_persistence_regions": [self._environment.region]},
            kms_key_name=key.name if key else None,
            deletion_policy=self._policy,
            opts=pulumi.ResourceOptions.merge(
                self._protection, pulumi.ResourceOptions(depends_on=key.grants if key else None)
            ),
        )

    def let_publish(self, function: Function) -> None:
        """Grants a function the right to publish here."""
        gcp.pubsub.TopicIAMMember(
            "publishes",
            topic=self._topic.name,
            role="roles/pubsub.publisher",
            member=function.member,
            opts=self._inside,
        )

    def push_dead_letters_to(self, function: Function, timeout: int) -> pulumi.Output[str]:
        """Hands dead letters to a function as well, as long as Pub/Sub keeps them; the subscription's name.

        To be called before `push_to`. Whatever the function does, the other subscription has its own copies.
        """
        pusher = self._pusher("dead-push", "Pub/Sub's pushes of dead letters")
        subscription = gcp.pubsub.Subscription(
            "dead-letter-push",
            name=f"{self._environment.prefix}-{self.pulumi_resource_name}-dead-letter-push",
            topic=self._dead_letters.id,
            ack_deadline_seconds=timeout,
            message_retention_duration=_LONGEST_RETENTION,
            expiration_policy={"ttl": ""},
            retry_policy={"minimum_backoff": FIRST_PAUSE, "maximum_backoff": LONGEST_PAUSE},
            push_config=_pushed(function, pusher),
            deletion_policy=self._policy,
            opts=pulumi.ResourceOptions.merge(
                self._protection,
                pulumi.ResourceOptions(depends_on=[function.let_invoke("dead-letter-push", pusher.member)]),
            ),
        )
        self._takers.append(subscription)
        return subscription.name

    def push_to(self, function: Function, timeout: int) -> pulumi.Output[str]:
        """Delivers every message to a function, waiting `timeout` seconds for each answer; the subscription's name."""
        pusher = self._pusher("push", "Pub/Sub's pushes")
        ready = [
            function.let_invoke("push", pusher.member),
            *self._takers,
            gcp.pubsub.TopicIAMMember(
                "agent-publishes-dead-letters",
                topic=self._dead_letters.name,
                role="roles/pubsub.publisher",
                member=self._agent,
                opts=self._inside,
            ),
        ]
        subscription = gcp.pubsub.Subscription(
            "push",
            name=f"{self._environment.prefix}-{self.pulumi_resource_name}-push",
            topic=self._topic.id,
            ack_deadline_seconds=timeout,
            message_retention_duration=_WEEK,
            expiration_policy={"ttl": ""},
            retry_policy={"minimum_backoff": FIRST_PAUSE, "maximum_backoff": LONGEST_PAUSE},
            dead_letter_policy={"dead_letter_topic": self._dead_letters.id, "max_delivery_attempts": ATTEMPTS},
            push_config=_pushed(function, pusher),
            deletion_policy=self._policy,
            opts=pulumi.ResourceOptions.merge(self._protection, pulumi.ResourceOptions(depends_on=ready)),
        )
        gcp.pubsub.SubscriptionIAMMember(
            "agent-acknowledges-dead-letters",
            subscription=subscription.name,
            role="roles/pubsub.subscriber",
            member=self._agent,
            opts=self._inside,
        )
        return subscription.name

    def _pusher(self, name: str, title: str) -> gcp.serviceaccount.Account:
        """Who pushes: each subscription has an identity of its own, which one function lets in."""
        return gcp.serviceaccount.Account(
            name,
            account_id=f"{self._environment.prefix}-{name}",
            display_name=f"{self._environment.prefix}: {title}",
            opts=self._inside,
        )


def _pushed(function: Function, pusher: gcp.serviceaccount.Account) -> gcp.pubsub.SubscriptionPushConfigArgsDict:
    return {
        "push_endpoint": function.url,
        "oidc_token": {"service_account_email": pusher.email, "audience": function.url},
    }
