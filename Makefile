# `make help` explains every target. Everything but the docker-compose targets runs from .venv, which is made first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast drill lint format translations stubs check-stubs lock import bench up down migrate deploy-up deploy-migrate deploy-down deploy-backup deploy-restore clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := servicekit bookfiles events recommendations marketplace payments notices previews live starter bench tests
PROTO := protobufs/recommendations.proto protobufs/previews.proto
export PYTHONUNBUFFERED := 1
# Compiled files make the tests' many processes start faster.
unexport PYTHONDONTWRITEBYTECODE
install = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
# By file, because tests of a file share processes and containers; in the order of tests/conftest.py.
pytest = $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder --numprocesses
FILES = $(if $(BOOKS),--books "$(BOOKS)") $(if $(INTERACTIONS),--interactions "$(INTERACTIONS)")

# The words after `bench` and `drill` are names, not targets.
ifneq (,$(filter bench drill,$(firstword $(MAKECMDGOALS))))
NAMES := $(wordlist 2,99,$(MAKECMDGOALS))
$(if $(NAMES),$(eval $(NAMES):;@:))
endif

help: ## Explain the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16
	@echo "drills:"; $(PYTHON) -m tests.drills

setup: $(VENV)/dev ## Make .venv with everything that tests, lint and benchmarks need

$(VENV)/run: requirements-run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(install) -r requirements-run.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/run
	$(install) -r requirements-dev.txt
	@# Otherwise every test process would compile these.
	$(BIN)/python -m compileall -q protobufs $(PACKAGES)
	$(BIN)/python -c 'from recommendations.model.learning.tuning import compile_kernels as learning; \
	  from recommendations.model.ranking.ranker import compile_ahead as ranking; learning(); ranking()'
	@touch $@

# A signal to make alone must end the services too. Make passes on SIGTERM, but on SIGINT only resets its handler and
# waits for the recipe. The recipe detects this (on Linux): make neither catches nor ignores SIGINT any more.
make_continues = kill -0 $$PPID 2>/dev/null && { [ ! -e /proc/$$PPID/status ] || \
  (( ($$(awk '/^Sig(Cgt|Ign)/ { printf "16\#%s|", $$2 }' /proc/$$PPID/status)0) & 2 )); }

run: $(VENV)/run ## Run all services and the demo provider until Ctrl-C: the shop on localhost:5001, gRPC on localhost:50051
	@$(BIN)/honcho start & honcho=$$!; trap 'kill $$honcho' TERM; trap : INT; \
	while kill -0 $$honcho 2>/dev/null && $(make_continues); do sleep 0.5; done; \
	kill $$honcho 2>/dev/null || true; wait $$honcho || (( $$? == 130 || $$? == 143 ))

test: setup ## Run all tests in parallel, or some: make test ARGS="-k checkout"; those that need what this machine lacks are skipped
	@# Two processes more than there are processors, since many tests wait for processes that they started.
	$(pytest) $$(( $$($(PYTHON) -c 'import os; print(os.cpu_count())') + 2 )) $(ARGS)

test-fast: setup ## Run the tests that need no browser, container, PostgreSQL or process of their own
	$(pytest) logical -m "not (slow or browser or compose or postgresql or grpcurl or prometheus or book_data)" $(ARGS)

drill: setup ## Run a test at full length: make drill NAME, with one of the names below
	$(BIN)/python -m tests.drills $(NAMES)

lint: setup check-stubs ## Check style, types, import contracts, the proto's style and compatibility, and the files of deploy/
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	@# buf refuses to compare a folder with one inside it.
	frozen=$$(mktemp -d); trap 'rm -r "$$frozen"' EXIT; cp protobufs/frozen/recommendations.proto "$$frozen"; \
	  $(BIN)/buf breaking --against "$$frozen"
	$(BIN)/shellcheck --external-sources --source-path=SCRIPTDIR deploy/backup deploy/common deploy/down deploy/migrate \
	  deploy/reload deploy/restore deploy/up deploy/postgres/roles.sh .ci/run
	@# Valid for the oldest and the newest version that docs/kubernetes.md names.
	rendered=$$(mktemp -d); trap 'rm -r "$$rendered"' EXIT; for part in small large prepare; do \
	  $(BIN)/kubectl kustomize deploy/kubernetes/$$part >"$$rendered/$$part.yaml"; done; for version in 1.31 1.37; do \
	  $(BIN)/kubernetes-validate --strict --quiet --kubernetes-version $$version "$$rendered"/*.yaml; done

format: setup ## Format the code and sort its imports
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

translations: setup ## Bring the catalogues up to date with the sentences of templates and code (an empty XX.po begins a language)
	$(BIN)/python -m tests.translations marketplace notices

# $(call generate,FOLDER): the stubs, under the proto's own path so that the generated import works unpatched
define generate
$(BIN)/python -m grpc_tools.protoc -I . \
  --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
  --python_out=$(1) --grpc_python_out=$(1) --mypy_out=quiet,readable_stubs:$(1) --mypy_grpc_out=quiet:$(1) $(PROTO)
endef

# $(call describe,FILE): the contract as Envoy reads it, with the messages of errors
define describe
$(BIN)/python -m grpc_tools.protoc -I . \
  -I "$$($(BIN)/python -c 'import pathlib, google.rpc.status_pb2 as m; print(pathlib.Path(m.__file__).parents[2])')" \
  --include_imports --descriptor_set_out=$(1) \
  protobufs/recommendations.proto google/rpc/status.proto google/rpc/error_details.proto
endef

stubs: setup ## Generate the stubs, and the contract for Envoy, from the proto
	$(call generate,.)
	$(call describe,deploy/envoy/recommendations.pb)

check-stubs: setup ## Fail when the committed stubs differ from the proto
	@fresh=$$(mktemp -d); trap 'rm -r "$$fresh"' EXIT; $(call generate,$$fresh); \
	for stub in "$$fresh"/protobufs/*; do \
	  diff -u "protobufs/$$(basename "$$stub")" "$$stub" || { echo "the stubs are old: run make stubs"; exit 1; }; done; \
	$(call describe,"$$fresh/recommendations.pb"); \
	cmp deploy/envoy/recommendations.pb "$$fresh/recommendations.pb" || { echo "deploy/envoy is old: run make stubs"; exit 1; }

lock: setup ## Lock the dependency groups of pyproject.toml, with hashes, into the requirements files
	@# The first file has all packages; the others take their versions from it.
	@for group in dev run recommendations marketplace notices previews live; do \
	  case $$group in dev|run) file=requirements-$$group.txt;; *) file=$$group/requirements.txt;; esac; \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    $$([ $$group = dev ] || echo --constraint requirements-dev.txt) \
	    --group pyproject.toml:$$group --output-file $$file; done

import: $(VENV)/run ## Import your own data into both services and train: make import BOOKS=FILE INTERACTIONS=FILE [ARGS=--dry-run]
	@test -n "$(BOOKS)$(INTERACTIONS)" || { echo "name a file: make import BOOKS=books.csv INTERACTIONS=interactions.csv"; exit 2; }
	$(BIN)/python -m recommendations import $(FILES) $(ARGS)
	$(BIN)/python -m marketplace import --quiet $(FILES) $(ARGS)
	$(if $(findstring --dry-run,$(ARGS)),,$(BIN)/python -m recommendations train)

bench: setup ## Measure accuracy, import, training, calls, search and the home page, or one: make bench NAME (BOOK_DATA names the data)
	$(BIN)/python -m bench $(NAMES) $(ARGS)

up: ## Build and start all services and the demo provider in containers
	docker-compose up --build --detach

down: ## Stop the containers; their data stays in named volumes
	docker-compose down

migrate: ## Bring the containers' databases up to date
	docker-compose run --rm --no-deps recommendations python -m recommendations migrate
	docker-compose run --rm --no-deps marketplace python -m marketplace migrate
	docker-compose run --rm --no-deps notices python -m notices migrate
	docker-compose run --rm --no-deps previews python -m previews migrate

deploy-up: ## Start the shop of deploy/ with TLS, PostgreSQL and two of each service, or replace what has changed (docs/deploy.md)
	deploy/up

deploy-migrate: ## Bring the databases of deploy/ up to date
	deploy/migrate

deploy-down: ## Stop the shop of deploy/; its data stays in named volumes
	deploy/down

deploy-backup: ## Back up the containers of deploy/, while they run: make deploy-backup TO=FOLDER
	deploy/backup "$(TO)"

deploy-restore: ## Restore a backup into empty volumes of deploy/: make deploy-restore FROM=FOLDER/TIME
	deploy/restore "$(FROM)"

clean: ## Remove .venv, caches and the local data of `make run` (var/)
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) protobufs -name __pycache__ -type d -exec rm -rf {} +
