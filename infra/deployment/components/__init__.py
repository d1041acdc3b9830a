"""The parts of a deployment, one file each, with what each is allowed to do inside it."""
