# The project's few commands. They need Python 3.11 or newer; `make setup` brings the rest.
PYTHON ?= python3
PORT ?= 8080
UV := .tools/bin/uv
BIN := .venv/bin
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-package data-api --custom-compile-command "make lock"
DEV := --group dev pyproject.toml
FUNCTIONS := --group functions --constraint requirements/dev.txt
TOOLS := --group pyproject.toml:tools

unexport PYTHONDONTWRITEBYTECODE # to compile the tests anew takes longer than to run them

# Tests that take minutes: kills and restarts, another schema, generated clients, long dialogs. A job of its own runs them for every change.
SLOW := $(patsubst %,tests/browser/test_%.py,deleting faults firefox identity_platform preferences reading reference) \
	$(patsubst %,tests/browser/test_%.py,schemas scrolling upload) \
	$(patsubst %,tests/stack/clients/test_%.py,own_record page typescript_client) \
	$(patsubst %,tests/stack/local/test_%.py,change_feed detach elsewhere faults kept_records own_function own_record up_errors) \
	tests/integration/test_stopped_tests.py
WITHOUT_SLOW := $(SLOW:%=--ignore=%)

# Runs a check: prints its name and its last line if it says that tests passed, and its whole output if it fails.
define report
mkdir -p .venv/checks && if $(2) >.venv/checks/$(1).txt 2>&1; \
	then printf '%-12s %s\n' $(1) "$$(tail -n 1 .venv/checks/$(1).txt | grep passed || echo ok)"; \
	else cat .venv/checks/$(1).txt; printf '%-12s failed\n' $(1); exit 1; fi
endef

.DEFAULT_GOAL := help
.PHONY: help setup up check check-fast check-system check-browser check-slow check-code check-imports check-locked compatible preview inventory pictures bench format lock clean

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: .venv/installed ## the environment in .venv, from the locked requirements; done by the others first

up: setup ## the whole system on this machine; PORT=8080
	@DATA_API_STARTED_BY_MAKE=1 $(BIN)/data-api up --port $(PORT)

check: setup ## everything that a change must pass, on two cores
	@$(MAKE) --no-print-directory -j2 check-fast check-system check-browser

check-fast: check-locked check-code ## the above without whole systems: lint, types, unit to contract tests
	@$(call report,unit,$(BIN)/coverage run -m pytest --quiet tests/unit)
	@$(call report,coverage,$(BIN)/coverage report)
	@$(call report,properties,$(BIN)/pytest --quiet tests/properties)
	@$(call report,infra,$(BIN)/pytest --quiet tests/infra)
	@$(call report,contract,$(BIN)/pytest --quiet tests/contract)
	@$(call report,repository,$(BIN)/pytest --quiet tests/repository)

check-system: setup ## real servers and processes: the integration and stack tests
	@$(BIN)/pytest --quiet tests/integration tests/stack $(WITHOUT_SLOW)

check-browser: setup ## the web page in Chromium, through a whole local stack; skipped where there is no Chromium
	@if command -v chromium chromium-browser google-chrome >/dev/null || test -n "$$CI"; then $(BIN)/pytest --quiet tests/browser $(WITHOUT_SLOW); \
		else echo "browser      skipped: it needs Chromium (apt-get install chromium)"; fi

check-slow: setup ## what takes minutes, in addition to check: before a release, or after a change of the stack or the page
	@$(BIN)/pytest --quiet $(filter-out tests/browser/%,$(SLOW)) # Playwright leaves no event loop for other tests
	@$(BIN)/pytest --quiet $(filter tests/browser/%,$(SLOW))

check-code: setup ## format, lint and types
	@$(call report,workflows,$(BIN)/zizmor --offline --quiet --no-progress .github)
	@$(call report,format,$(BIN)/ruff format --check --quiet .)
	@$(call report,lint,$(BIN)/ruff check --quiet .)
	@$(call report,types,$(BIN)/mypy --no-error-summary functions infra cli bench tests)
	@$(call report,page,$(BIN)/biome check --error-on-warnings web biome.jsonc)
	@if command -v tsc >/dev/null; then $(call report,page-types,tsc -p web); \
		else echo "page-types   skipped: it needs TypeScript 5.9 or newer (npm install --global typescript)"; fi
	@$(MAKE) --no-print-directory check-imports

check-imports: setup ## which way imports go, and whether each is a declared dependency
	@$(call report,dependencies,$(BIN)/deptry --no-ansi functions infra infra/bootstrap cli)
	@$(call report,imports,env PYTHONPATH=functions:infra:cli:. $(BIN)/lint-imports)

check-locked: setup ## whether the locked requirements still follow from pyproject.toml
	@mkdir -p .venv/locked && cp requirements/dev.txt .venv/locked/dev.txt && cp functions/requirements.txt .venv/locked/functions.txt \
		&& cp requirements/tools.txt .venv/locked/tools.txt
	@$(COMPILE) --output-file .venv/locked/dev.txt $(DEV) && $(COMPILE) --output-file .venv/locked/functions.txt $(FUNCTIONS) \
		&& $(COMPILE) --output-file .venv/locked/tools.txt $(TOOLS)
	@cmp --silent requirements/dev.txt .venv/locked/dev.txt && cmp --silent functions/requirements.txt .venv/locked/functions.txt \
		&& cmp --silent requirements/tools.txt .venv/locked/tools.txt \
		|| { echo "The locked requirements do not follow from pyproject.toml: run make lock and commit them."; exit 1; }

preview: setup ## the cloud side through Pulumi's engine and Google's provider, without a cloud; check has it, too
	@command -v pulumi >/dev/null || $(BIN)/python -c 'import sys, tests.support.infra.pulumi_preview; sys.exit(tests.support.infra.pulumi_preview.MISSING)'
	@$(BIN)/pytest --quiet tests/infra/test_preview.py tests/infra/test_destroy.py

compatible: setup ## compares the contract with the last release's, and names each breaking change; needs oasdiff
	@$(BIN)/python -m tests.support.clients.compatibility

inventory: setup ## writes the list of the stacks' resources, for review: tests/infra/inventory
	@$(BIN)/python -m tests.support.infra.inventory

pictures: setup ## takes the pictures of the web page that README.md shows: docs/pictures
	@$(BIN)/python -m tests.support.browser.pictures

bench: setup ## measures the functions; QUICK=1 for less, STUDY=growth for a study, ALL=1 for all and bench/results
	@$(BIN)/python -m bench $(STUDY) $(if $(QUICK),--quick) $(if $(ALL),--all)

format: setup ## fixes format and lint where that can be done automatically
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	$(BIN)/biome check --write web biome.jsonc

lock: .venv/installed ## compiles the requirements; UPGRADE=1 for newer versions
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/dev.txt $(DEV)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file functions/requirements.txt $(FUNCTIONS)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/tools.txt $(TOOLS)

.venv/installed: pyproject.toml requirements/dev.txt | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.13 …"; exit 1; }
	@echo "Setting up .venv from the locked requirements …"
	@test -x $(BIN)/python || $(UV) venv --quiet --seed --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.tools/bin/uv: requirements/tools.txt # uv checks the hashes of all else, so pip checks uv's; only wheels: a build has no hashes
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement $<
	@touch $@

clean: ## deletes what make and the local stacks have created: the environment, caches, logs, downloads
	@rm -rf .venv .tools .data-api .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
