# Carrel. `make help` lists what can be made. Needs Python 3 and nothing else: uv is taken from PATH or put into .uv.

UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := $(or $(UV_PROJECT_ENVIRONMENT),.venv)/bin
ARGS ?=
# Files of tests that run at the same time.
JOBS ?= 2

# Libraries' filters often look into TLS: what the machine trusts, uv trusts.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= true
endif

# The second try is for machines that have no Python 3.13 (.python-version) and may not download one.
sync = $(UV) sync --frozen --inexact $(1) || $(UV) sync --frozen --inexact --python '>=3.12' $(1) || \
	{ echo 'make: Carrel could not be set up: it needs Python 3.12 or newer and its packages; see the lines above' >&2; exit 1; }

.PHONY: help up demo opt test lint bench trust browsers dev
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(UV)  ## set up what is missing, then run proxy and dashboard (ARGS="--config carrel.toml")
	@$(call sync,--no-dev)
	@$(BIN)/carrel up $(ARGS)

demo: $(UV)  ## set up what is missing, then show on this machine alone what Carrel does
	@$(call sync,--no-dev)
	@$(BIN)/carrel demo $(ARGS)

opt: $(UV)  ## as root: put Carrel and its Python under /opt/carrel, for `/opt/carrel/venv/bin/carrel install`
	@UV_PYTHON_INSTALL_DIR=/opt/carrel/python UV_PROJECT_ENVIRONMENT=/opt/carrel/venv $(UV) sync --frozen --no-dev --no-editable

test: dev browsers  ## run all tests, two at a time (ARGS="-k name" for some)
	@$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: dev  ## style, types, who may import whom, README against the program
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/cog --check README.md

bench: dev  ## measure throughput and page loads
	@$(BIN)/python -m tests.bench $(ARGS)

trust: dev browsers  ## plant canaries everywhere, and search all that was written (ARGS="canaries --mode observe")
	@$(BIN)/python -m tests.trust $(ARGS)

browsers:  ## install the browsers that the tests drive, where they are missing
	@tests/browser/install.sh

dev: $(UV)
	@$(call sync,--all-groups)

.uv/bin/uv:
	@python3 -m venv .uv || { echo 'make: install uv (https://docs.astral.sh/uv/), or the venv module: apt install python3-venv' >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv
