"""Serves the web page, and the contract as one OpenAPI document.

Trigger: GET /, GET /app/… and GET /openapi.json through the gateway, without a token. Errors: `dataapi.errors`. It
reads the files of the page and the contract once and answers from memory: no path reaches a file system, and no other
service is used.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import functions_framework.aio
import orjson
from starlette.requests import Request
from starlette.responses import Response

from dataapi import gc_tuning
from dataapi.errors import NotFound
from dataapi.gcp import settings
from dataapi.gcp.logs import Logger, startup_log
from dataapi.http import dispatch, entity_tags, routing
from dataapi.http.content_coding import accepts_gzip
from dataapi.http.dispatch import Call, Handler
from dataapi.http.routing import Routes
from dataapi.openapi import source
from dataapi.telemetry import setup
from dataapi.web import headers, release
from dataapi.web.configuration import CONFIGURATION_PATH, Configuration
from dataapi.web.release import File, Release

_HERE = Path(__file__).parent
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}  # a year: the address changes with the content


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies(dispatch.Dependencies):
    """What the handlers need."""

    release: Callable[[], Release]
    configuration: Configuration
    headers: Mapping[str, str]


@cache
def dependencies() -> Dependencies:
    """Composed from the environment at the first request."""
    logger = Logger(settings.required(settings.PROJECT))
    configuration = settings.page_configuration()
    composed = Dependencies(
        logger=logger,
        observer=setup.observer(logger),
        release=_releases(settings.page_folder()),
        configuration=configuration,
        headers=headers.read(_HERE / "web_headers.toml", identity_platform=bool(configuration.identity_platform_key)),
    )
    gc_tuning.freeze_startup_objects()
    return composed


@functions_framework.aio.http
async def web(request: Request) -> Response:
    """Answers one request."""
    return await dispatch.answer(request, _ROUTES, dependencies, startup_log)


def _releases(folder: Path | None) -> Callable[[], Release]:
    """The release in the archive, which never changes; of a given folder, as on a laptop, always the present one."""
    schema = _HERE / release.SCHEMA
    if folder is None:
        deployed = release.read(_HERE / "web", schema)
        return lambda: deployed
    last_read = lru_cache(maxsize=1)(lambda _: release.read(folder, schema))
    return lambda: last_read(release.signature(folder))


async def _index(call: Call, deps: Dependencies) -> Response:
    current = deps.release()
    return _unless_cached(call, deps.headers, current.files[release.INDEX])


async def _file(call: Call, deps: Dependencies) -> Response:
    file = deps.release().files.get(call.request.scope["path"])
    if file is None:
        raise NotFound("The present release of the page has no such file. Reload the page.")
    return _answer(call, file, {**deps.headers, **_FOR_GOOD})


async def _config(call: Call, deps: Dependencies) -> Response:
    content = deps.configuration.content(deps.release().digest)
    return _unless_cached(call, deps.headers, File(orjson.dumps(content), ".json"))


async def _openapi(call: Call, _: Dependencies) -> Response:
    return _unless_cached(call, {"access-control-allow-origin": "*"}, _document())


@cache
def _document() -> File:
    """Made at the first request for it: most instances are asked for the page only."""
    return File(orjson.dumps(source.read(source.HERE)), ".json")


def _unless_cached(call: Call, protection: Mapping[str, str], file: File) -> Response:
    """The file with its ETag, or 304 if the client has exactly that."""
    tag = f'"{hashlib.blake2b(file.content, digest_size=16).hexdigest()}"'
    common = {**protection, "cache-control": "no-cache", "etag": f"W/{tag}"}
    if entity_tags.is_current(call.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=common)
    return _answer(call, file, common)


def _answer(call: Call, file: File, common: Mapping[str, str]) -> Response:
    """The file, compressed if the client accepts that and it helps."""
    sent = {**common, "content-type": file.media_type, "vary": "Accept-Encoding"}
    if file.gzipped is not None and accepts_gzip(call.headers.get("accept-encoding", "")):
        return Response(file.gzipped, 200, {**sent, "content-encoding": "gzip"})
    return Response(file.content, 200, sent)


_ROUTES: Routes[Handler[Dependencies]] = routing.compiled(
    {
        "/": {"GET": _index},
        "/openapi.json": {"GET": _openapi},
        "/openapi.json/": {"GET": _openapi},
        CONFIGURATION_PATH: {"GET": _config},
        f"{CONFIGURATION_PATH}/": {"GET": _config},
        "/app/{path:path}": {"GET": _file},
    }
)
