# make demo    sets everything up, runs the node on synthetic studies and shows the worklist
# make test    sets everything up and runs every test, with real peers
# make check   the fast loop: format, lint, types, import rules, unit tests
# make serve   runs the node with the settings of the environment

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := triage_agent model_training dicom_fixtures

.PHONY: demo serve test check static unit bench constraints clean

demo: $(VENV)/.ready
	$(BIN)/triage-agent demo $(DEMO_ARGS)

serve: $(VENV)/.ready
	$(BIN)/triage-agent serve

# These start whole nodes and browsers, or compare times: one after the other, alone on the machine.
ALONE := tests/acceptance tests/benchmarks tests/browser

test: peers static
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report= $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest --cov --cov-append --cov-report=term:skip-covered --cov-report=xml:test-output/coverage.xml $(ALONE)
	$(BIN)/coverage report --include='triage_agent/domain/*,triage_agent/dicom/*,triage_agent/receive/*,triage_agent/assemble/*,triage_agent/infer/*,triage_agent/prioritise/*,triage_agent/report/*,triage_agent/deliver/*' --fail-under=100

check: static unit

static: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.ready
	$(BIN)/python -m pytest -q -m "not integration and not acceptance and not benchmark"

# One table of everything at full size, printed and kept (docs/benchmarks.md, README.md).
# BENCH=tests/benchmarks/test_classifier.py measures one part of it again.
BENCH ?= tests/benchmarks
bench: peers $(VENV)/.ready
	TRIAGE_BENCHMARK=full $(BIN)/python -m pytest -q -m benchmark $(BENCH)

.PHONY: peers
peers:
	deploy/system-packages.sh test

# One environment for everything: constraints.txt pins and hashes every package of every extra.
$(VENV)/.ready: constraints.txt pyproject.toml
	deploy/system-packages.sh demo
	$(PYTHON) -m venv --clear $(VENV)
	awk '/^uv==/ { keep = 1 } keep { print } keep && !/\\$$/ { exit }' constraints.txt > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --compile-bytecode --requirement constraints.txt
	$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	touch $@

constraints:
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras \
	  --generate-hashes --no-emit-index-url --no-header --output-file constraints.txt

clean:
	rm -rf $(VENV) build dist test-output demo-data .coverage* .mypy_cache .ruff_cache .pytest_cache
