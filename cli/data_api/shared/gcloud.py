"""What is known of gcloud's own OAuth clients."""

AUDIENCE = "32555940559.apps.googleusercontent.com"  # of every ID token that gcloud makes for a person's own account
# The projects of its clients: of `gcloud auth application-default login`, and of `gcloud auth login`. A call with a
# credential of theirs counts for that project, unless the credential names a quota project.
PROJECTS = ("764086051850", "32555940559")
