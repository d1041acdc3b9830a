"""The headers of the web page, graded by the published rules of Mozilla's HTTP Observatory.

https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring. A page begins with 100 points and loses some for
each protection that it lacks. Extra points count from 90 on; 100 and more is A+.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dataapi.web import headers

FILE = Path(headers.__file__).parents[2] / "web_headers.toml"
HALF_A_YEAR = 15_768_000  # seconds
SAFE_REFERRER_POLICIES = {
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
}
UNSAFE_SOURCES = {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:", "blob:"}

Policy = Mapping[str, list[str]]


@pytest.fixture(params=[False, True], ids=["plain", "with Identity Platform"])
def sent(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return headers.read(FILE, identity_platform=request.param)


def policy(sent: Mapping[str, str]) -> Policy:
    directives = [directive.split() for directive in sent["Content-Security-Policy"].split(";")]
    names = [name for name, *_ in directives]
    assert len(names) == len({*names})
    return {name: sources for name, *sources in directives}


def grade(sent: Mapping[str, str]) -> int:
    """The points of a page without cookies that has no script of another server."""
    directives = policy(sent) if "Content-Security-Policy" in sent else {}
    scripts = {*directives.get("script-src", directives.get("default-src", ["*"]))}
    max_age = re.search(r"max-age=(\d+)", sent.get("Strict-Transport-Security", ""))
    lost = {
        "content-security-policy": -25 if not directives else -20 if scripts & UNSAFE_SOURCES else 0,
        "strict-transport-security": -20 if max_age is None else -10 if int(max_age[1]) < HALF_A_YEAR else 0,
        "x-content-type-options": 0 if sent.get("X-Content-Type-Options") == "nosniff" else -5,
        "x-frame-options": 0 if "frame-ancestors" in directives or sent.get("X-Frame-Options") else -20,
    }
    extra = {
        "content-security-policy": 10 if directives.get("default-src") == ["'none'"] else 0,
        "frame-ancestors": 5 if "frame-ancestors" in directives else 0,
        "cross-origin-resource-policy": 10 if sent.get("Cross-Origin-Resource-Policy", "") == "same-origin" else 0,
        "referrer-policy": 5 if sent.get("Referrer-Policy") in SAFE_REFERRER_POLICIES else 0,
    }
    points = 100 + sum(lost.values())
    return points + sum(extra.values()) if points >= 90 else points


def test_mozillas_grader_gives_130_points_which_is_the_best_grade(sent: Mapping[str, str]) -> None:
    assert 130 == grade(sent)


@pytest.mark.parametrize(
    ("header", "value", "points"),
    [
        ("Content-Security-Policy", None, 75),
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
            80,
        ),
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'", 120),
        ("Strict-Transport-Security", None, 80),
        ("Strict-Transport-Security", "max-age=86400", 120),
        ("X-Content-Type-Options", None, 125),
        ("Cross-Origin-Resource-Policy", None, 120),
        ("Referrer-Policy", "unsafe-url", 125),
    ],
)
def test_the_grade_is_lower_without_a_protection(header: str, value: str | None, points: int) -> None:
    changed = {**headers.read(FILE, identity_platform=False), header: value}
    assert points == grade({name: text for name, text in changed.items() if text is not None})


def test_scripts_and_styles_come_from_the_own_origin_alone(sent: Mapping[str, str]) -> None:
    directives = policy(sent)
    assert ["'self'"] == directives["script-src"] == directives["style-src"]
    assert ["'none'"] == directives["base-uri"] == directives["form-action"] == directives["frame-ancestors"]


def test_text_is_never_made_markup_or_code(sent: Mapping[str, str]) -> None:
    directives = policy(sent)
    assert (["'script'"], ["'none'"]) == (directives["require-trusted-types-for"], directives["trusted-types"])


def test_the_page_connects_to_other_hosts_only_with_identity_platform() -> None:
    without, with_it = (policy(headers.read(FILE, identity_platform=used))["connect-src"] for used in (False, True))
    assert ["'self'"] == without
    assert ["'self'", "https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"] == with_it


def test_no_other_window_and_no_other_site_gets_hold_of_the_page(sent: Mapping[str, str]) -> None:
    assert "same-origin" == sent["Cross-Origin-Opener-Policy"] == sent["Cross-Origin-Resource-Policy"]
    assert "DENY" == sent["X-Frame-Options"]


def test_every_header_is_one_line_of_ascii_without_a_placeholder(sent: Mapping[str, str]) -> None:
    assert [] == [
        name for name, value in sent.items() if not re.fullmatch(r"[!-~]+(?: [!-~]+)*", value) or "{" in value
    ]
