# The index of everything that a contributor does. The work itself is in scripts/.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run dev build test e2e bench check fix types

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Install what is missing, build, and start Roundhouse
	@scripts/run

dev: ## The same, with a web server that shows changes of the web app at once
	@scripts/dev

build: ## Build the web app and both programs (debug)
	@scripts/setup
	@scripts/build

test: ## Run all tests: Rust, documentation, web, end to end
	@scripts/test

e2e: ## Run only the end-to-end tests, in Chromium
	@scripts/setup tests
	@scripts/build
	@npm run --silent --prefix web e2e

bench: ## Measure what it does, beside what the machine can do (docs/BENCHMARKS.md)
	@cargo bench --quiet --locked -p orchestrator --bench bench

check: ## Check formatting, lints, licences, unused and vulnerable dependencies
	@scripts/check

fix: ## Format everything
	@cargo fmt --all
	@scripts/web packages
	@npm run --silent --prefix web format

types: ## Write the web's wire types anew from the Rust crate `shared`
	@UPDATE_TYPES=1 cargo test --quiet -p shared --test typescript
