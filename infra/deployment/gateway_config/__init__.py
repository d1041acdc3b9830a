"""Makes the OpenAPI document that configures API Gateway from the contract, openapi.yaml."""
