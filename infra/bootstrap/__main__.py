"""Runs the preparation of a project: Pulumi's way in. What is prepared, `preparation` says."""

from preparation import prepare

prepare()
