"""Entry point of the Pulumi program that prepares a project; the resources are in preparation.py."""

from preparation import prepare

prepare()
