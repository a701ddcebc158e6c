# Everything runs from .venv, which the first target that needs it makes: Python 3.11 or newer, venv and make suffice.

PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null))
# Tests wait for processes, servers and locks a good part of their time: more workers than cores pay off.
WORKERS ?= 4
PYTEST_ARGS ?=
# The tests of `make check-fast`, as pytest's -m takes them.
FAST ?= fast
MUTANTS ?=
BIN := .venv/bin
PYTEST = $(BIN)/python -m pytest -n $(WORKERS)
# In the order of tests/lanes.py: what takes long begins first.
BY_FILE := --dist loadfile --no-loadscope-reorder
# Commands that only look at the code need settings, not an installation.
LOOKING := KEYHOLDER_ENV=test KEYHOLDER_HOME=var/tests/home
# Container images often set it. Without bytecode each worker and each started process compiles every module again: 10 s.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-reset test check check-fast check-browser check-slow check-database check-mutants \
	format lint types contracts templates migrations access-matrix bench bench-oidc screens lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

demo: .venv/.demo ## Start the portal, a web shop, a CRM portal, a mailbox and a staff sign-in, with sample customers
	@$(BIN)/python -m demo

demo-reset: .venv/.demo ## Stop the demo's database and remove all the demo's data
	@$(BIN)/python -m demo --reset

test: .venv/.ok ## Run all tests (PYTEST_ARGS="tests/audit -k race" for some, WORKERS=2 for fewer at once)
	$(PYTEST) $(BY_FILE) $(PYTEST_ARGS)

check: lint types contracts templates migrations check-fast ## Do what must pass before each commit

# A worker takes neighbouring tests, so that fewer workers make what a module shares.
check-fast: .venv/.ok
	$(PYTEST) -m "$(FAST)" --dist worksteal $(PYTEST_ARGS)

check-browser: .venv/.ok ## Run the tests that drive Chromium
	KEYHOLDER_TEST_REQUIRE_BROWSER=1 $(PYTEST) -m browser --durations=15 $(PYTEST_ARGS)

check-slow: .venv/.ok ## Run sequences, faults, kills, races and journeys, and install from the lock offline
	$(PYTEST) -m slow $(BY_FILE) --durations=15 $(PYTEST_ARGS)

check-database: .venv/.ok ## Run the tests that depend on PostgreSQL (on the server in DATABASE_URL_ADMIN, if set)
	$(PYTEST) -m database $(PYTEST_ARGS)

format: .venv/.ok ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

lint: .venv/.ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.ok
	$(LOOKING) $(BIN)/mypy

contracts: .venv/.ok
	$(BIN)/lint-imports

templates: .venv/.ok
	$(BIN)/djlint --lint --quiet templates

migrations: .venv/.ok
	$(LOOKING) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run --skip-checks

check-mutants: .venv/.ok ## Change the core in 200 small ways and see which no test notices (MUTANTS="--area grants" for some)
	$(BIN)/python -m tests.mutation --jobs $(WORKERS) $(MUTANTS)

access-matrix: .venv/.ok ## Write docs/access-matrix.md: who may open what, as the portal answers
	KEYHOLDER_TEST_ACCESS_MATRIX=write $(BIN)/python -m pytest -q -n 0 tests/portal/test_access_matrix.py

bench: .venv/.ok ## Measure speed
	$(BIN)/python -m bench

bench-oidc: .venv/.ok ## Measure the OpenID Provider beside npm's oidc-provider (needs node, npm and wrk)
	$(BIN)/python -m bench oidc

screens: .venv/.ok ## Take a picture of every page (needs Chromium)
	$(BIN)/python -m tests.fixtures.gallery

lock: .venv/.ok ## Choose the newest versions that pyproject.toml allows and lock them by hash
	$(call lock,dev,--group dev --upgrade)
	$(call lock,demo,--group demo --constraints requirements/dev.txt)
	$(call lock,runtime,--constraints requirements/dev.txt)

clean: ## Remove what the targets above made, the demo's data excepted
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

define lock
$(BIN)/uv pip compile pyproject.toml $(2) --universal --python-version 3.11 --generate-hashes --quiet \
	--no-header --no-emit-index-url --no-emit-find-links --output-file requirements/$(1).txt
endef

# The lock is complete, so nothing is resolved or built: a release made elsewhere tomorrow changes nothing here.
define install
$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
	--requirement requirements/$(1).txt
$(BIN)/python -m pip check --disable-pip-version-check
@touch $@
endef

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python is missing. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) lacks venv. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.ok: requirements/dev.txt | .venv/bin/python
	@echo "Installing the parts (once; takes about a minute)"
	$(call install,dev)

# The tools' set holds the demo's, so either will do.
.venv/.demo: requirements/demo.txt | .venv/bin/python
	@if test .venv/.ok -nt requirements/dev.txt; then touch $@; else $(MAKE) --no-print-directory .venv/.demo-parts; fi
	@touch $@

.venv/.demo-parts: requirements/demo.txt
	@echo "Installing the parts (once; takes about a minute)"
	$(call install,demo)
