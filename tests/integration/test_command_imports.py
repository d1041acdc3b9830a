"""A command imports only what it uses, so that it starts fast."""

import subprocess
import sys


def printed(program: str) -> str:
    return subprocess.check_output([sys.executable, "-c", program], text=True)


def test_loading_a_command_loads_nothing_heavy() -> None:
    heavy = ["rich", "httpx", "psutil", "yaml", "cryptography", "google.auth", "joserfc", "asyncio"]
    for module in ("data_api.stack.commands", "data_api.status", "data_api.trace", "data_api.ops.logs.commands"):
        assert "[]\n" == printed(f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])")


def test_importing_the_issuer_loads_no_cryptography() -> None:
    """A command that signs no token should not import cryptography."""
    assert "\n" == printed(
        "import sys, data_api.shared.local_tokens; print(*{'cryptography', 'google.auth'} & sys.modules.keys())"
    )


def test_neither_the_list_nor_a_local_command_imports_the_http_library() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from data_api.main import main; "
        "[CliRunner().invoke(main, [*words, '--help']) for words in ([], ['token'])]; "
        "modules = ('data_api.stack.token_command', 'httpx', 'data_api.records.commands'); "
        "print(*(name in sys.modules for name in modules))"
    )
    assert "True False False\n" == printed(program)
