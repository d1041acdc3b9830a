"""The data API's rules: contract, identity, group commit. Pure, but for the folder `gcp`, which touches the outside."""
