# Two commands on a fresh machine: `make load` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes
BY_PIP := $(BIN)/python -m pip install --quiet --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url

.PHONY: load test lint lint-python lint-sql bench spark lock audit clean

load: .venv/installed
	$(BIN)/junheng load

test: lint-python
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: lint-python lint-sql

lint-python: .venv/installed-dev
	$(BIN)/ruff check dagster_project tests
	$(BIN)/ruff format --check dagster_project tests
	$(BIN)/mypy

# Two minutes, most of them for a few models that Jinja makes long; `make test` goes without.
lint-sql: .venv/installed-dev
	$(BIN)/python .ci/lint_sql.py $(ARGS)

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
# sqlfluff (dev) takes no click from 8.5 on, and a package has one version in all locks.
lock: .venv/installed
	echo 'click<8.5' | $(COMPILE) pyproject.toml --extra postgres -c - -o requirements.lock
	$(COMPILE) --group build -c requirements.lock -o requirements-build.lock
	$(COMPILE) --group dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

# Known faults of the locked packages, where the list of faults can be reached (.ci/audit).
audit: .venv/installed-dev
	$(BIN)/python .ci/audit.py

clean:
	rm -rf .venv dbt/logs .mypy_cache .pytest_cache .ruff_cache
