"""The error for a deployment that cannot work; its message says what is wrong and how to fix it.

Pulumi shows only the message of a RunError; for any other exception it shows a traceback.
"""

import pulumi


class ConfigError(pulumi.RunError):
    """The configuration, or a file that the deployment needs, is invalid."""
