"""The local API gateway: an Envoy configuration made from the contract."""
