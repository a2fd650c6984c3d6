# Needs make and Python 3.11 or newer; everything else goes into .venv.  `make` alone lists the targets.
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LOCK_FLAGS := --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check
# $(call pinned,environment,lock): uv, where it is at hand, takes a fifth of the time; pip has the last word.
UV_PROGRAM ?= $(shell command -v uv 2> /dev/null)
pinned = $(if $(UV_PROGRAM),$(UV_PROGRAM) pip install --quiet --python $(1)/bin/python --require-hashes -r $(2) ||) \
	$(1)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $(2)
ENGINES := .cache/engines
TRINO := trino-server-476

.DEFAULT_GOAL := help
.PHONY: help install demo test long quick torture soak lint format types docs docs-check mutants wheel ci lock bench sandbox clean \
	engines-fetch engines engines-ci ci-servers ci-trino ci-spark4 ci-spark4-starts ci-spark35

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## fill .venv with the pinned packages and this project

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "wistia-lake needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Install a newer one and name it: make PYTHON=python3.12 install" % v[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(call pinned,$(VENV),requirements-dev.lock)
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP) ## simulate an account, fill ./demo-lake from it, compare every table with the truth
	$(BIN)/wistia-lake demo

# loadscope: the tests of one module stay together and in order, because some of them share an account. Modules stay in
# order, too: sorted by their number of tests, those of few long ones would come last and leave all processors but one idle.
PYTEST = $(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder
OF_SHARE = $(if $(SHARE),--share $(SHARE))
test: $(STAMP) ## run the tests, but for those that take very long
	$(PYTEST) -m "not long and not engines"

long: $(STAMP) ## run those that take very long (SHARE=2/4: every fourth of them, from the second on)
	$(PYTEST) -m "long and not engines" --ignore tests/property $(OF_SHARE)
	$(BIN)/python -m pytest -n auto --dist worksteal -m long tests/property --worlds 4 $(OF_SHARE)

quick: $(STAMP) ## run the tests that take seconds
	$(PYTEST) -m "not slow and not long and not engines"

torture: $(STAMP) ## hours: more kills, hostile worlds, odd answers and requests than make test has time for
	$(BIN)/python tests/torture/run.py

soak: $(STAMP) ## a year of daily runs with maintenance every week: nothing may grow but the tables
	$(BIN)/python -m pytest -n 0 -s -q tests/soak --soak-days 365

engines-fetch: .venvs/servers/.installed .venvs/spark4/.installed .venvs/spark35/.installed $(ENGINES)/$(TRINO) ## get the engines and servers of make engines (Maven, Java 17 and 24+)

engines: $(STAMP) ## every engine on the same lake: S3, Iceberg REST, Trino, Spark (after make engines-fetch)
	WISTIA_LAKE_NO_SKIPS=1 $(BIN)/python -m pytest -n 0 -s -q -m engines --ignore tests/spark
	WISTIA_LAKE_NO_SKIPS=1 .venvs/spark4/bin/python -m pytest -n 0 -s -q -m engines tests/spark
	WISTIA_LAKE_NO_SKIPS=1 .venvs/spark35/bin/python -m pytest -n 0 -s -q -m engines tests/spark

# Side by side, the longest first: each of them is one process that waits for servers. A cluster, Connect and spark-submit
# are tried with Spark 4 only: with 3.5 they take five minutes more. What is marked long is left to make engines; LEAN=1, for
# a slow machine, leaves the demo on Spark 3.5 to it, too, which still computes every table of the random worlds.
ENGINES_CI := ci-spark4 ci-trino ci-servers ci-spark4-starts ci-spark35
engines-ci: $(STAMP) ## what CI runs of make engines: all but what is marked long, and of Spark 3.5 only the comparison
	WISTIA_LAKE_NO_SKIPS=1 $(MAKE) -j3 --output-sync=target --no-print-directory $(ENGINES_CI)

SPARK_STARTS := tests/spark/test_cluster.py tests/spark/test_ways.py
ci-spark4:
	.venvs/spark4/bin/python -m pytest -n 0 -q -m "engines and not long" tests/spark $(addprefix --ignore ,$(SPARK_STARTS))

ci-spark4-starts:
	.venvs/spark4/bin/python -m pytest -n 0 -q -m "engines and not long" $(SPARK_STARTS)

ON_TRINO := $(addprefix tests/engines/test_,trino.py ddl.py query_command.py servers.py)
ci-trino:
	$(BIN)/python -m pytest -n 0 -q -m "engines and not long" $(ON_TRINO)

ci-servers:
	$(BIN)/python -m pytest -n 0 -q -m "engines and not long" --ignore tests/spark $(addprefix --ignore ,$(ON_TRINO))

ci-spark35:
	.venvs/spark35/bin/python -m pytest -n 0 -q -m engines $(if $(LEAN),,tests/spark/test_parity.py) tests/spark/test_worlds.py

# Only the plugin that reads Iceberg stays; its files are hard links to those of others, so all are unpacked first.
$(ENGINES)/$(TRINO): .ci/engines/pom.xml .ci/engines/SHA256SUMS
	mkdir -p $(ENGINES)
	mvn --quiet --batch-mode --file .ci/engines/pom.xml -Dengines.cache="$(CURDIR)/$(ENGINES)" dependency:copy
	cd $(ENGINES) && sha256sum --check --quiet "$(CURDIR)/.ci/engines/SHA256SUMS"
	rm -rf $@ && tar -xzf $@.tar.gz -C $(ENGINES)
	find $@/plugin $@/secrets-plugin -mindepth 1 -maxdepth 1 ! -name iceberg -exec rm -rf {} +
	@touch $@

.venvs/%/.installed: requirements-%.lock
	$(PYTHON) -m venv .venvs/$*
	$(call pinned,.venvs/$*,$<)
	$(if $(filter spark%,$*),.venvs/$*/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .)
	@touch $@

lint: $(STAMP) ## style, format and import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## write the format that lint asks for
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

types: $(STAMP) ## mypy, strict on src
	$(BIN)/mypy

docs: $(STAMP) ## write the pages and example files that come from the code
	$(BIN)/python docs/generate.py

docs-check: $(STAMP) ## fail if the generated pages are not what the code says
	$(BIN)/python docs/generate.py --check

mutants: $(STAMP) ## break the product on purpose: each time a test must turn red (SHARE as for long)
	$(BIN)/python tests/mutants/run.py $(OF_SHARE)

wheel: $(STAMP) ## build the wheel and try it without the sources
	rm -rf build/wheel
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir build/wheel .
	$(BIN)/python tests/meta/try_wheel.py build/wheel

ci: lint types docs-check test long wheel demo mutants ## everything that must pass before a change goes in

lock: $(STAMP) ## compile the pinned requirements anew (uses uv)
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile $(LOCK_FLAGS) --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK_FLAGS) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(BIN)/python .ci/plain_pins.py requirements-dev.lock requirements-dev.txt
	$(BIN)/uv pip compile $(LOCK_FLAGS) --output-file requirements-uv.lock .ci/uv.in
	$(BIN)/uv pip compile $(LOCK_FLAGS) --output-file requirements-servers.lock .ci/engines/servers.in
	$(BIN)/uv pip compile $(LOCK_FLAGS) --extra dev --output-file requirements-spark4.lock pyproject.toml .ci/engines/spark4.in
	$(BIN)/uv pip compile $(LOCK_FLAGS) --extra dev --output-file requirements-spark35.lock pyproject.toml .ci/engines/spark35.in

bench: $(STAMP) ## how much longer than an empty Python the commands take to start; what small commits and jobs save
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/small_commits.py

sandbox: $(STAMP) ## serve a simulated account on this machine until Ctrl-C
	$(BIN)/wistia-lake sandbox serve

clean: ## remove what make and the tools made, but no lake
	rm -rf $(VENV) .venvs build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
