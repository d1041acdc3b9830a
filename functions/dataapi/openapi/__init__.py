"""Makes the bundle: the contract as one OpenAPI document that refers to no other file, for generators and readers."""
