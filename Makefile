# Two commands on a fresh Debian 12: `make demo` shows it, `make test` proves it. `make help` lists the others.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
JOBS ?= auto
export PORT

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

# $(call apt,packages,why): install with apt as root, else say what is missing.
apt = { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(1) >/dev/null; \
	  else echo "$(2): sudo apt-get install $(1)" >&2; false; fi; }

.PHONY: help setup demo run test check browser shots bench faults lock clean

help:  ## list the commands
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(INSTALLED)  ## install into .venv what running it needs

demo: setup  ## build an example federation and serve it on http://127.0.0.1:$PORT (8000)
	@$(BIN)/isms demo

run: setup  ## serve an installation of your own from data/; an empty one prints a link for the first officer
	@$(BIN)/isms serve

test: $(DEVELOPED) browser  ## run every test: SQLite, PostgreSQL, Chromium
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)
	@command -v chromium >/dev/null || \
	  echo "Skipped: the tests in a real browser. They need Chromium: sudo apt-get install chromium fonts-noto-cjk"

check: $(DEVELOPED)  ## read the code: ruff, mypy, the laws
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Not formatted; run: $(BIN)/ruff format" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/laws

shots: $(DEVELOPED) browser  ## take a picture of every page into build/shots
	@$(BIN)/python -m tests.browser.shots

bench: $(DEVELOPED)  ## measure; prints a table and writes build/bench.json
	@$(BIN)/python -m tests.bench

faults: $(DEVELOPED)  ## cut the power, fill the disk, kill the server (root)
	@$(BIN)/python -m tests.faults

lock: $(DEVELOPED)  ## write the hashed lock files again (UPGRADE=--upgrade takes newer versions)
	@compile="$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command"; \
	$$compile 'make lock' $(UPGRADE) --group build --group dev pyproject.toml -o requirements-dev.txt; \
	$$compile 'make lock' --group build -c requirements-dev.txt pyproject.toml -o requirements.txt

clean:  ## remove what the other commands made, but no data
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(MADE):
	@command -v $(PYTHON) >/dev/null || $(call apt,python3 python3-venv,Python is missing)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; another one is chosen with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call apt,python3-venv,Python lacks venv)
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(INSTALLED): requirements.txt pyproject.toml $(MADE)
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.txt
	@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPED): requirements-dev.txt $(INSTALLED)
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-dev.txt
	@touch $@

browser:
	@command -v chromium >/dev/null || $(call apt,chromium fonts-noto-cjk,No Chromium for the browser tests) || \
	  [ "$${REQUIRE_BROWSER:-}" != 1 ]
	@[ "$$(id -u)" != 0 ] || ! command -v fc-list >/dev/null || [ -n "$$(fc-list :lang=ja)" ] || \
	  $(call apt,fonts-noto-cjk,No Japanese font)
