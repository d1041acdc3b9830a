"""Creates the topic between generate and persist, its push subscription, and the dead-letter topic.

Sets retries and dead-lettering, gives each push subscription a service account, and grants Pub/Sub's service agent what
it needs to move dead letters: without one of these grants, dead-lettering fails without an error. Destroying the
component loses all undelivered messages and the dead letters.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from deployment.components.accounts import Account, service_account
from deployment.components.agents import Agents
from deployment.components.function import Function
from deployment.components.keys import Key
from deployment.components.protection import deletion_policy, protected_options
from deployment.configuration import Environment

# 20 attempts with these backoffs take two and a quarter hours: a shorter outage of the database needs no action, and a
# message that no retry can store becomes a dead letter on the same day.
MAX_DELIVERY_ATTEMPTS = 20
MIN_BACKOFF, MAX_BACKOFF = "10s", "600s"
_DAY = 24 * 60 * 60  # seconds
_WEEK = f"{7 * _DAY}s"
_MAX_RETENTION = f"{31 * _DAY}s"  # the maximum of Pub/Sub


@dataclass(frozen=True)
class TopicArgs:
    """Arguments of the component Topic."""

    environment: Environment
    agents: Agents
    key: Key | None  # None: Google's encryption
    protected: bool


class Topic(pulumi.ComponentResource):
    """The topic and the dead-letter topic, each with its subscriptions."""

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("dataapi:infra:Topic", name, None, opts)
        self._environment = args.environment
        self._deletion_policy = deletion_policy(protected=args.protected)
        self._child_options = pulumi.ResourceOptions(parent=self)
        self._protected_options = protected_options(self, protected=args.protected)
        self._pubsub_agent = args.agents.member("pubsub")
        self._topic = self._create_topic(name, f"{args.environment.prefix}-{name}", args.key)
        self._dead_letters = self._create_topic(
            "dead-letters", f"{args.environment.prefix}-{name}-dead-letters", args.key
        )
        self._dead_letter_subscription = gcp.pubsub.Subscription(
            "dead-letters",
            name=f"{args.environment.prefix}-{name}-dead-letters",
            topic=self._dead_letters.id,
            message_retention_duration=_MAX_RETENTION,
            expiration_policy={"ttl": ""},
            deletion_policy=self._deletion_policy,
            opts=self._protected_options,
        )
        # They must exist before the first dead letter: Pub/Sub drops messages of a topic without a subscription.
        self._dead_letter_subscriptions: list[pulumi.Resource] = [self._dead_letter_subscription]
        self.name = self._topic.name
        self.dead_letters = self._dead_letter_subscription.name
        self.register_outputs({"name": self.name, "deadLetters": self.dead_letters})

    def _create_topic(self, name: str, full_name: str, key: Key | None) -> gcp.pubsub.Topic:
        """A topic that stores messages in the region only, and keeps delivered ones for a week, for replays."""
        return gcp.pubsub.Topic(
            name,
            name=full_name,
            message_retention_duration=_WEEK,
            # Not enforced in transit: Pub/Sub would reject a replay by an operator in another region.
            message_storage_policy={"allowed_persistence_regions": [self._environment.region]},
            kms_key_name=key.name if key else None,
            deletion_policy=self._deletion_policy,
            opts=pulumi.ResourceOptions.merge(
                self._protected_options, pulumi.ResourceOptions(depends_on=key.grants if key else None)
            ),
        )

    def grant_publish(self, function: Function) -> None:
        """Allows a function to publish to the topic."""
        gcp.pubsub.TopicIAMMember(
            "publishes",
            topic=self._topic.name,
            role="roles/pubsub.publisher",
            member=function.member,
            opts=self._child_options,
        )

    def push_dead_letters_to(self, function: Function, timeout: int) -> pulumi.Output[str]:
        """Pushes dead letters to a function, for as long as Pub/Sub keeps them; returns the name of the subscription.

        Call it before `push_to`. The pull subscription keeps its own copies of the dead letters in any case.
        """
        push_account = self._push_account("dead-push", "Pub/Sub's pushes of dead letters")
        subscription = gcp.pubsub.Subscription(
            "dead-letter-push",
            name=f"{self._environment.prefix}-{self.pulumi_resource_name}-dead-letter-push",
            topic=self._dead_letters.id,
            ack_deadline_seconds=timeout,
            message_retention_duration=_MAX_RETENTION,
            expiration_policy={"ttl": ""},
            retry_policy={"minimum_backoff": MIN_BACKOFF, "maximum_backoff": MAX_BACKOFF},
            push_config=_push_config(function, push_account),
            deletion_policy=self._deletion_policy,
            opts=pulumi.ResourceOptions.merge(
                self._protected_options,
                pulumi.ResourceOptions(depends_on=[function.grant_invoke("dead-letter-push", push_account.member)]),
            ),
        )
        self._dead_letter_subscriptions.append(subscription)
        return subscription.name

    def push_to(self, function: Function, timeout: int) -> pulumi.Output[str]:
        """Pushes all messages to a function, with `timeout` seconds for each; returns the name of the subscription."""
        push_account = self._push_account("push", "Pub/Sub's pushes")
        prerequisites = [
            function.grant_invoke("push", push_account.member),
            *self._dead_letter_subscriptions,
            gcp.pubsub.TopicIAMMember(
                "agent-publishes-dead-letters",
                topic=self._dead_letters.name,
                role="roles/pubsub.publisher",
                member=self._pubsub_agent,
                opts=self._child_options,
            ),
        ]
        subscription = gcp.pubsub.Subscription(
            "push",
            name=f"{self._environment.prefix}-{self.pulumi_resource_name}-push",
            topic=self._topic.id,
            ack_deadline_seconds=timeout,
            message_retention_duration=_WEEK,
            expiration_policy={"ttl": ""},
            retry_policy={"minimum_backoff": MIN_BACKOFF, "maximum_backoff": MAX_BACKOFF},
            dead_letter_policy={
                "dead_letter_topic": self._dead_letters.id,
                "max_delivery_attempts": MAX_DELIVERY_ATTEMPTS,
            },
            push_config=_push_config(function, push_account),
            deletion_policy=self._deletion_policy,
            opts=pulumi.ResourceOptions.merge(
                self._protected_options, pulumi.ResourceOptions(depends_on=prerequisites)
            ),
        )
        gcp.pubsub.SubscriptionIAMMember(
            "agent-acknowledges-dead-letters",
            subscription=subscription.name,
            role="roles/pubsub.subscriber",
            member=self._pubsub_agent,
            opts=self._child_options,
        )
        return subscription.name

    def _push_account(self, name: str, title: str) -> Account:
        """The service account of one push subscription, which may call one function."""
        return service_account(self._environment, name, title, self._child_options)


def _push_config(function: Function, push_account: Account) -> gcp.pubsub.SubscriptionPushConfigArgsDict:
    return {
        "push_endpoint": function.url,
        "oidc_token": {"service_account_email": push_account.email, "audience": function.url},
    }
