# The commands of this repository. Everything runs from .venv, which is made from the lock files.
# Nothing here prints on stdout but the programs it starts, so `make demo` can be piped.

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

BIN := .venv/bin
ARGS ?=
export PYTHON

# requirements/setup.sh touches these; they go stale when a lock or the project file changes.
RUN_STAMP := .venv/.run.stamp
TEST_STAMP := .venv/.test.stamp

.PHONY: install install-test demo bench test check lint soak lock openapi clean

install: $(RUN_STAMP) ## make .venv with what the product needs
	@:

install-test: $(TEST_STAMP) ## make .venv with what the tests need as well
	@:

$(RUN_STAMP): requirements/run.lock pyproject.toml
	@sh requirements/setup.sh run

$(TEST_STAMP): requirements/test.lock pyproject.toml
	@sh requirements/setup.sh test

demo: $(RUN_STAMP) ## a small warehouse at work: make demo ARGS="--orders 20 --exit"
	@$(BIN)/tallydock demo $(ARGS)

bench: $(RUN_STAMP) ## how fast it is here, beside what this machine can do: make bench ARGS=--quick
	@$(BIN)/tallydock bench $(ARGS)

test: lint ## all checks and all tests but the long ones: make test ARGS="-k journal"
	@$(BIN)/python -m pytest --junitxml=test-results/junit.xml $(ARGS)

check: lint ## style, types, layers, house rules: everything but the tests of behaviour
	@$(BIN)/python -m pytest -q tests/tidy

lint: $(TEST_STAMP) ## style and types alone
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

soak: $(TEST_STAMP) ## the long forms: a thousand simulated seeds, a hundred kills, many mutations
	@$(BIN)/tallydock simulate fuzz --seeds 1000
	@$(BIN)/python -m pytest -m soak --timeout=7200 --hypothesis-profile=soak $(ARGS)

lock: $(RUN_STAMP) ## write requirements/*.lock anew from pyproject.toml
	@sh requirements/lock.sh $(abspath $(BIN)/python)

openapi: $(RUN_STAMP) ## write the OpenAPI documents anew; a test compares them with the code
	@$(BIN)/python -m api.openapi docs/openapi

clean: ## remove what was made
	rm -rf .venv build dist test-results .mypy_cache .ruff_cache .pytest_cache .hypothesis
