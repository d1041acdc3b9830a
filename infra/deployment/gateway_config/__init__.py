"""Renders the contract as the OpenAPI document that API Gateway takes."""
