"""The data API's rules: contract, identity, grouping. Pure, but for the folder `gcp`, which touches the outside."""
