"""Traces: OpenTelemetry spans of requests, messages and RPCs, where they are switched on."""
