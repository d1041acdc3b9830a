"""The Pulumi components of a deployment: one file each, with the IAM grants on its resources."""
