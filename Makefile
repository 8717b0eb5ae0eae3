# The front door: every daily act is a target here. `make help` lists them.
ENV ?= testnet
BIN := .venv/bin
# LIMIT=lab1 takes one host only; CONFIRM=yes answers what a deploy to production asks.
PLAYBOOK = $(BIN)/ansible-playbook -i inventory/$(ENV) $(if $(LIMIT),-l $(LIMIT)) $(if $(CONFIRM),-e confirm=$(CONFIRM))
# Text of people reaches Ansible as JSON, so that no quote or blank in it means anything.
export WHY
REASON = $$($(BIN)/python -c 'import json, os; print(json.dumps({"why": os.environ["WHY"]}))')
export PATH := $(CURDIR)/$(BIN):$(PATH)

ifeq ($(wildcard inventory/$(ENV)/hosts.yml),)
$(error ENV=$(ENV): there is no inventory/$(ENV)/hosts.yml. ENV is one of: $(patsubst inventory/%/hosts.yml,%,$(wildcard inventory/*/hosts.yml)))
endif

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests lint test test-fast test-nightly lab lab-down testnet vault vault-edit deploy production rollback halt resume doctor status logs restart backup restore rotate-secrets bench chaos rehearse coverage docs lock clean

help: ## list the targets (ENV=testnet or production; default testnet)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything this repository needs on a Debian machine
	@scripts/setup

setup-tests: ## install also what only tests start: redis-server, a browser
	@scripts/setup --tests

lint: setup ## check style, types, roles, and that no secret is in the repository
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --offline
	git ls-files -z '*vault.yml' | xargs --null --no-run-if-empty scripts/check-vault-encrypted
	scripts/check-secrets

# Unit and integration tests wait more than they compute, so three at a time.
SIDE_BY_SIDE := -n 3 --dist loadfile

test: lint setup-tests ## lint, then every test, also those that boot lab hosts
	@$(BIN)/python scripts/test-all

test-fast: setup-tests ## unit and integration tests without the slow ones, no lab hosts
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not slow and not nightly" tests/unit tests/integration

test-nightly: setup-tests ## the tests that take minutes each, and thousands of generated cases instead of dozens
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest $(SIDE_BY_SIDE) tests/unit tests/integration/nodecfg
	$(BIN)/pytest -m nightly tests

lab: setup ## boot the bare lab hosts of ENV on this machine
	$(PLAYBOOK) playbooks/lab.yml

lab-down: setup ## remove the lab hosts of ENV and all they left (IMAGES=1: also the cached base image)
	$(PLAYBOOK) playbooks/lab_down.yml $(if $(IMAGES),-e lab_host_remove_images=true)

testnet: setup vault lab deploy status ## from nothing to a trading node on a lab host, with a simulated venue

vault: setup ## make the vault of ENV with random secrets, once
	@scripts/vault-init $(ENV)

vault-edit: setup ## edit the secrets of ENV
	$(BIN)/ansible-vault edit --encrypt-vault-id $(ENV) inventory/$(ENV)/group_vars/all/vault.yml

deploy: setup ## bring the hosts of ENV to what inventory/ENV says (LIMIT=host, CONFIRM=yes)
	$(PLAYBOOK) deploy.yml

production: ## deploy ENV=production
	@$(MAKE) --no-print-directory deploy ENV=production

rollback: setup ## go back to what ran before, one host after the other, and prove it READY (GENERATION=ID)
	$(PLAYBOOK) playbooks/rollback.yml $(if $(GENERATION),-e tradingnode_generation=$(GENERATION))

halt: setup ## no more orders, cancel the open ones, on every node of ENV at once; WHY="…"
	@$(PLAYBOOK) playbooks/halt.yml -e "$(REASON)"

resume: setup ## end a halt; WHY="…"
	@$(PLAYBOOK) playbooks/resume.yml -e "$(REASON)"

doctor: setup ## look at everything the nodes of ENV depend on: Redis, venues, hosts
	$(PLAYBOOK) playbooks/doctor.yml

backup: setup ## fetch an encrypted backup of every node of ENV
	$(PLAYBOOK) playbooks/backup.yml

restore: setup ## bring a backup to a host (LIMIT=host; docs/backup.md)
	$(PLAYBOOK) playbooks/restore.yml $(if $(ARCHIVE),-e backup_archive=$(ARCHIVE))

rotate-secrets: setup ## replace the nodes' Redis password or venue keys (WHAT=redis or venue; docs/backup.md)
	$(PLAYBOOK) playbooks/rotate-secrets.yml -e what=$(WHAT)

status: setup ## show what every node of ENV does; fails when one is not READY (JSON=1: for machines)
	@scripts/status $(ENV) $(if $(JSON),--json)

logs: setup ## show the last journal lines of every node of ENV
	$(PLAYBOOK) playbooks/logs.yml

restart: setup ## restart the nodes of ENV and wait until they trade again
	$(PLAYBOOK) playbooks/restart.yml

bench: setup-tests ## measure the times README promises
	$(BIN)/pytest tests/benchmarks -o python_files=bench_*.py -s

chaos: setup-tests ## faults without end on one node: ROUNDS=n or SECONDS=n, SEED=n, VENUE=binance_futures or bybit_linear
	$(BIN)/python -m tests.chaos $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) --venue $(or $(VENUE),binance_futures)

rehearse: setup ## play failures on the lab host of ENV and see the node come back: FAULT=name or list, HOST=lab1, JSON=1
	@$(BIN)/python -m tests.rehearsal --env $(ENV) $(if $(HOST),--host $(HOST)) $(if $(FAULT),--fault $(FAULT)) $(if $(JSON),--json)

coverage: setup-tests ## branches of nodecfg that its tests reach; fails below 95 %
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --cov=nodecfg tests/unit/nodecfg tests/integration/nodecfg tests/integration/nodecfg_command

docs: setup ## write the generated files anew: .env examples, reference, JSON Schema, the roles' tables
	$(BIN)/nodecfg env-template --directory .
	$(BIN)/nodecfg docs
	$(BIN)/nodecfg schema --output docs/nodecfg.schema.json
	$(BIN)/python scripts/role-docs

lock: setup ## write locks/ anew after a change of dependencies (UPGRADE=1: newest versions)
	@UPGRADE=$(UPGRADE) scripts/lock

clean: ## remove environments, caches and builds; keys, secrets and lab hosts stay
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis .ansible build dist *.egg-info
