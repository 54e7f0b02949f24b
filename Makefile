# `make demo` and `make test` are all a newcomer needs; both install what is missing into .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export FEEDBACK_HOME ?= $(CURDIR)/.feedback
DEMO ?= --records 5000 --days 14 --seed 7

.PHONY: help install demo demo-llm test lint types imports unit dev postgres test-servers bench docs lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/.installed ## make .venv from requirements.lock

.venv/.installed: requirements.lock setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=python3.x")'
	@# An installation that was interrupted leaves packages that pip can neither use nor mend: begin anew.
	@test -x $(BIN)/python -a ! -e .venv/.installing || $(PYTHON) -m venv --clear .venv
	@touch .venv/.installing
	@echo "installing into .venv (some minutes on the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q feedback_assets
	@$(BIN)/python -m feedback_assets.enrichment.shipped taxonomy
	@rm .venv/.installing
	@touch $@

demo: install ## demo feedback through the whole graph, then the top themes
	@$(BIN)/feedback demo-data $(DEMO)
	@$(BIN)/feedback run
	@$(BIN)/feedback themes --limit 10
	@echo
	@echo "Open the UI with: make dev    Look behind a ticket with: $(BIN)/feedback trace <ticket id>"

demo-llm: install ## the demo with a stand-in for a language model, which answers from the demo's own truth
	@$(BIN)/feedback demo-data $(DEMO)
	@$(BIN)/python -m feedback_assets_tests.loopback.demo_model

test: install lint types imports unit ## all tests, lint, types, import rules

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: install
	@$(BIN)/mypy

imports: install
	@$(BIN)/lint-imports

unit: install
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

dev: install ## the Dagster UI on the same home
	@$(BIN)/feedback dev

.venv/.bench: requirements-bench.lock .venv/.installed
	@echo "installing what the benchmarks compare with"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $@

.venv/.postgres: requirements-postgres.lock .venv/.installed
	@echo "installing what Dagster needs to keep its runs and events in Postgres"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-postgres.lock
	@touch $@

postgres: .venv/.postgres ## what FEEDBACK_DAGSTER_POSTGRES needs

.venv/.servers: requirements-servers.lock .venv/.installed
	@echo "installing the servers that some tests run against"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-servers.lock
	@touch $@

test-servers: .venv/.servers ## tests against real servers that nobody here wrote
	@$(BIN)/python -m pytest -p no:xdist -q -s feedback_assets_tests/servers

bench: .venv/.bench ## speed, memory and quality, side by side with the alternatives
	@$(BIN)/python -m benchmarks

docs: install ## docs/tables.md and the graph picture, from the code
	@$(BIN)/python -m feedback_assets.contracts.markdown > docs/tables.md

lock: ## renew the locks from their .in files (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock requirements.in
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements-bench.lock requirements-bench.in
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements-postgres.lock requirements-postgres.in
	@uv pip compile --quiet --universal --python-version 3.11 --no-deps --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header -o requirements-servers.lock requirements-servers.in

clean: ## remove the demo home
	@rm -rf .feedback
