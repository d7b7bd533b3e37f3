# Two commands on a fresh machine: `make load` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes
BY_PIP := $(BIN)/python -m pip install --quiet --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url

.PHONY: load test lint bench spark lock audit clean

load: .venv/installed
	$(BIN)/junheng load

test: lint
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: .venv/installed-dev
	$(BIN)/ruff check dagster_project tests
	$(BIN)/ruff format --check dagster_project tests
	$(BIN)/mypy

bench: .venv/installed-dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

# The extra that the default install leaves out, and the tests that need it (Java 17 or 21 as well).
spark: .venv/installed-dev
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r pyproject.toml --extra spark
	$(BIN)/python -m pytest -n 0 --long tests/spark $(ARGS)

# uv installs in seconds and writes bytecode, without which the first start takes three times as
# long; where it cannot reach the index, pip does the same more slowly. Nothing is installed whose
# hash does not stand in a lock.
.venv/installed: requirements-build.lock requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BY_PIP) -r requirements-build.lock
	$(INSTALL) -r requirements.lock || $(BY_PIP) -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(INSTALL) -r requirements.lock -r requirements-dev.lock \
		|| $(BY_PIP) -r requirements.lock -r requirements-dev.lock
	touch $@

# What stands in a lock keeps its version; take a line out of it to have a newer one.
lock: .venv/installed
	$(COMPILE) pyproject.toml --extra postgres -o requirements.lock
	$(COMPILE) --group build -c requirements.lock -o requirements-build.lock
	$(COMPILE) --group dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

# Known faults of the locked packages, where the list of faults can be reached (.ci/audit).
audit: .venv/installed-dev
	$(BIN)/python .ci/audit.py

clean:
	rm -rf .venv dbt/logs .mypy_cache .pytest_cache .ruff_cache
