"""A program: writes the web page as files, for a deployment that serves it from a bucket (data-api:webDomain).

The addresses and contents are those that the function `web` gives. It runs in the environment of the deployment, so it
uses the standard library alone.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from dataapi.web import headers
from dataapi.web.configuration import CONFIGURATION_PATH, GOOGLE_SIGN_IN, Configuration
from dataapi.web.release import INDEX, MEDIA_TYPES, SCHEMA, read

_FUNCTIONS = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files below FOLDER; prints their media types and the headers of all answers as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    for option in ("--client-id", "--identity-platform-key", "--role-claim", "--api-key"):
        parser.add_argument(option, default="")
    options = parser.parse_args(arguments)
    release = read(_FUNCTIONS.parent / "web", _FUNCTIONS / SCHEMA)
    configuration = Configuration(
        authorization_endpoint=GOOGLE_SIGN_IN,
        client_id=options.client_id,
        identity_platform_key=options.identity_platform_key,
        role_claim=options.role_claim,
        api_key=options.api_key,
    )
    media_types = {CONFIGURATION_PATH: MEDIA_TYPES[".json"]}
    _write(options.folder, CONFIGURATION_PATH, json.dumps(configuration.content(release.digest)).encode())
    for address, file in release.files.items():
        path = "/index.html" if address == INDEX else address
        _write(options.folder, path, file.content)
        media_types[path] = file.media_type
    sent = headers.read(_FUNCTIONS / "web_headers.toml", identity_platform=bool(options.identity_platform_key))
    print(json.dumps({"headers": sent, "mediaTypes": media_types}))  # noqa: T201  the output of this program


def _write(folder: Path, address: str, content: bytes) -> None:
    path = folder / address.removeprefix("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()
