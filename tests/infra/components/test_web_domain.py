"""The domain of the web page: what is served from the bucket, what from the gateway, and how long it is kept."""

import base64
import json
import re
from pathlib import Path

import pytest

from dataapi.web import headers, release
from deployment import page_release
from deployment.config_error import ConfigError
from deployment.configuration import WebPage
from tests.support.infra.pulumi_program import run_program
from tests.support.infra.recorded_deployment import Json, RecordedDeployment, Resource
from tests.support.infra.resource_types import CONFIGURATION
from tests.support.infra.stack_settings import DOMAIN, OPERATOR, ROOT

YEAR = 31_536_000
CLIENT = "1-a.apps.googleusercontent.com"
KEY = "AIzaSyD-0123456789abcdefghijklmnopqrstu"
PAGE_KEY = "AIzaSyE-0123456789abcdefghijklmnopqrstu"
OBJECT, BACKEND = "gcp:storage/bucketObject:BucketObject", "gcp:compute/backendBucket:BackendBucket"
ROUTES = "gcp:compute/uRLMap:URLMap"


@pytest.fixture(scope="module")
def domain() -> RecordedDeployment:
    return run_program("prod", DOMAIN)


def files(deployment: RecordedDeployment) -> dict[str, Resource]:
    """The objects in the page's bucket, by their names."""
    objects = [resource for resource in deployment.all(OBJECT) if "PageFiles" in resource.urn]
    return {resource.inputs["name"]: resource for resource in objects}


def path_rules(deployment: RecordedDeployment) -> dict[str, Json]:
    (matcher,) = deployment.one(ROUTES, "routes").inputs["pathMatchers"]
    return {path: rule for rule in matcher["pathRules"] for path in rule["paths"]}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_without_a_domain_there_is_no_load_balancer(stack: str, request: pytest.FixtureRequest) -> None:
    deployment: RecordedDeployment = request.getfixturevalue(stack)
    types = {resource.type for resource in deployment.resources}
    assert set() == {type_ for type_ in types if "LoadBalancer" in type_ or "PageFiles" in type_ or "URLMap" in type_}
    assert "https://gateway.example" == deployment.outputs["url"]
    assert "dnsRecords" not in deployment.outputs


def test_the_domain_is_the_address_of_the_stack_and_its_dns_records_are_exported(domain: RecordedDeployment) -> None:
    assert "https://data.example.com" == domain.outputs["url"]
    assert [("data.example.com.", "A"), ("data.example.com.", "AAAA"), ("_acme.example.", "CNAME")] == [
        (record["name"], record["type"]) for record in domain.outputs["dnsRecords"]
    ]


def test_the_bucket_has_the_files_that_the_function_serves(domain: RecordedDeployment) -> None:
    current = release.read(ROOT / "web", ROOT / "functions" / "record.schema.json")
    expected = {"index.html" if address == "/" else address[1:]: file for address, file in current.files.items()}
    uploaded = files(domain)
    assert expected.keys() | {"app/config.json"} == uploaded.keys()
    assert {name: file.media_type for name, file in expected.items()} == {
        name: uploaded[name].inputs["contentType"] for name in expected
    }


def test_the_page_is_uploaded_after_the_files_that_it_names(domain: RecordedDeployment) -> None:
    uploaded = files(domain)
    entry, configuration = uploaded.pop("index.html"), uploaded.pop("app/config.json")
    needed = {resource.urn for resource in uploaded.values()}
    assert needed
    assert needed <= entry.waits_for
    assert needed <= configuration.waits_for


def test_nobody_but_the_load_balancer_reads_the_bucket(domain: RecordedDeployment) -> None:
    grant = domain.one("gcp:storage/bucketIAMMember:BucketIAMMember", "load-balancer-reads-page")
    assert "roles/storage.objectViewer" == grant.inputs["role"]
    assert re.fullmatch(r"serviceAccount:service-\d+@https-lb\.iam\.gserviceaccount\.com", grant.inputs["member"])
    assert {resource.urn for resource in domain.all(BACKEND)} <= grant.waits_for  # with which the agent appears


@pytest.mark.parametrize(("backend", "cdn", "browser"), [("entry", 30, 0), ("assets", YEAR, YEAR)])
def test_a_file_is_kept_as_long_as_its_address_has_the_same_content(
    domain: RecordedDeployment, backend: str, cdn: int, browser: int
) -> None:
    policy = domain.one(BACKEND, backend).inputs["cdnPolicy"]
    assert ("FORCE_CACHE_ALL", cdn, browser) == (policy["cacheMode"], policy["defaultTtl"], policy["clientTtl"])


@pytest.mark.parametrize("backend", ["entry", "assets"])
def test_every_file_has_the_headers_that_the_function_sends(domain: RecordedDeployment, backend: str) -> None:
    sent = headers.read(ROOT / "functions" / "web_headers.toml", identity_platform=False)
    expected = [f"{name}: {value}" for name, value in sent.items()]
    assert expected == domain.one(BACKEND, backend).inputs["customResponseHeaders"]


def test_the_page_is_served_from_the_bucket_and_everything_else_by_the_gateway(domain: RecordedDeployment) -> None:
    rules = path_rules(domain)
    assert {"/": "entry-id", "/app/config.json": "entry-id", "/app/*": "assets-id"} == {
        path: rule["service"] for path, rule in rules.items()
    }
    assert {"pathPrefixRewrite": "/index.html"} == rules["/"]["routeAction"]["urlRewrite"]
    (matcher,) = domain.one(ROUTES, "routes").inputs["pathMatchers"]
    assert "api-id" == matcher["defaultService"]
    api = domain.one("gcp:compute/backendService:BackendService", "api").inputs
    assert ("HTTPS", ["Host: gateway.example"]) == (api["protocol"], api["customRequestHeaders"])
    endpoint = domain.one("gcp:compute/globalNetworkEndpoint:GlobalNetworkEndpoint", "gateway").inputs
    assert ("gateway.example", 443) == (endpoint["fqdn"], endpoint["port"])


def test_http_is_redirected_to_https_and_tls_is_modern(domain: RecordedDeployment) -> None:
    redirect = domain.one(ROUTES, "redirect").inputs["defaultUrlRedirect"]
    assert (True, "MOVED_PERMANENTLY_DEFAULT") == (redirect["httpsRedirect"], redirect["redirectResponseCode"])
    rules = domain.all("gcp:compute/globalForwardingRule:GlobalForwardingRule")
    assert {("ipv4-443", "https-id"), ("ipv6-443", "https-id"), ("ipv4-80", "http-id"), ("ipv6-80", "http-id")} == {
        (rule.name, rule.inputs["target"]) for rule in rules
    }
    policy = domain.one("gcp:compute/sSLPolicy:SSLPolicy", "modern").inputs
    assert ("MODERN", "TLS_1_2") == (policy["profile"], policy["minTlsVersion"])
    proxy = domain.one("gcp:compute/targetHttpsProxy:TargetHttpsProxy", "https").inputs
    assert "modern-id" == proxy["sslPolicy"]
    assert "//certificatemanager.googleapis.com/certificates-id" == proxy["certificateMap"]


def test_the_addresses_that_the_domain_leads_to_are_protected(domain: RecordedDeployment) -> None:
    assert [True, True] == [address.protected for address in domain.all("gcp:compute/globalAddress:GlobalAddress")]


def test_a_changed_domain_replaces_the_certificate_under_another_name(domain: RecordedDeployment) -> None:
    replaced = (
        "certificate:Certificate",
        "certificateMapEntry:CertificateMapEntry",
        "dnsAuthorization:DnsAuthorization",
    )
    for type_ in replaced:
        (resource,) = domain.all(f"gcp:certificatemanager/{type_}")
        assert "name" not in resource.inputs
        assert not resource.deletes_first


def test_people_sign_in_on_the_page_with_the_configured_client() -> None:
    settings = {"webClientId": CLIENT, "webIdentityPlatformKey": KEY, "quotaPerMinute": "60", "webApiKey": PAGE_KEY}
    deployment = run_program("dev", {**DOMAIN, **{f"data-api:{name}": value for name, value in settings.items()}})
    variables = deployment.environment("web")
    names = ("SIGN_IN_CLIENT", "IDENTITY_PLATFORM_KEY", "PAGE_API_KEY")
    assert [CLIENT, KEY, PAGE_KEY] == [variables[name] for name in names]
    configuration = json.loads(Path(files(deployment)["app/config.json"].inputs["source"].path).read_text())
    assert CLIENT == configuration["signIn"]["clientId"]
    assert {"apiKey": KEY} == configuration["identityPlatform"]
    assert PAGE_KEY == configuration["apiKey"]
    (policy,) = [
        header
        for header in deployment.one(BACKEND, "entry").inputs["customResponseHeaders"]
        if header.startswith("Content-Security-Policy")
    ]
    assert "https://identitytoolkit.googleapis.com" in policy


def test_a_page_that_cannot_be_read_is_reported_in_one_sentence(project_copy: Path) -> None:
    (project_copy / "web" / "index.html").unlink()
    with pytest.raises(ConfigError, match=r"^The web page cannot be deployed \(FileNotFoundError: .*\): restore or "):
        page_release.export(project_copy, WebPage("", "", "", ""), "Role")


@pytest.mark.parametrize("audiences", ["[]", f'["{CLIENT}"]'])
def test_the_gateway_accepts_tokens_for_the_client_of_the_page(audiences: str) -> None:
    deployment = run_program("dev", {**OPERATOR, "data-api:webClientId": CLIENT, "data-api:audiences": audiences})
    (configured,) = deployment.one(CONFIGURATION, "gateway").inputs["openapiDocuments"]
    document = json.loads(base64.b64decode(configured["document"]["contents"]))
    google = document["components"]["securitySchemes"]["google"]["x-google-auth"]
    assert ["data-api-dev.a-project", CLIENT] == google["audiences"]
    assert "data-api-dev.a-project" == deployment.outputs["audience"]
