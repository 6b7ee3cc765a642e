# The doors a person uses. Everything that is built lies in _out and target.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
XTASK := cargo xtask
TALOSCTL := _out/bin/talosctl
# With the flags of the real build, so that nothing is compiled twice; the other
# commands under deploy/go/cmd only call upstream's, and the build is their check.
GO := CGO_ENABLED=0 GOFLAGS='-mod=readonly -trimpath -buildvcs=false' go
GO_OWN := ./cmd/echo ./cmd/flannel-cni

.PHONY: help up down test bench image components fmt lint deny gotest setup root clean

help: ## say what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

up: root image ## build everything, start a cluster on this machine, wait until it is healthy (PROFILE=dev: quick to build)
	@$(TALOSCTL) cluster create $(ARGS)

down: root ## remove that cluster and all that it made
	@if [ -x $(TALOSCTL) ]; then $(TALOSCTL) cluster destroy $(ARGS); else echo "nothing to remove: no cluster was made from this folder"; fi

test: setup ## run everything that this machine can run (ONLY=clients: that test of integration/tests)
	@ONLY='$(ONLY)' integration/test.sh

bench: root image ## print the figures, as ratios
	@integration/bench/run.sh

image: setup ## the programs, the container images and the root image of a node (ALLOW_UNPINNED=1: with what Debian serves now)
	@$(XTASK) image $(if $(PROFILE),--profile $(PROFILE)) $(if $(ALLOW_UNPINNED),--allow-unpinned)

components: setup ## only the parts that are built from Go and C
	@$(XTASK) image --until components

fmt: ## format all code
	@cargo fmt --all
	@gofmt -w deploy/go/cmd deploy/go/absent

lint: setup ## formatting, house rules, clippy
	@cargo fmt --all --check
	@$(XTASK) tidy
	@cargo clippy --quiet --workspace --all-targets -- --deny warnings
	@cd deploy/go && test -z "$$(gofmt -l cmd absent)" && $(GO) vet $(GO_OWN)

deny: setup ## licences, sources and known faults of dependencies; fetches a database of advisories
	@command -v cargo-deny > /dev/null || cargo install --locked cargo-deny@0.20.2
	@cargo deny check

gotest:
	@cd deploy/go && $(GO) test $(GO_OWN)

setup:
	@deploy/setup.sh

root:
	@[ "$$(id -u)" = 0 ] || { echo "make $(MAKECMDGOALS) needs root: nodes get network namespaces, mounts and cgroups of their own. Run: sudo make $(MAKECMDGOALS)" >&2; exit 1; }

clean: ## remove what was built; caches of cargo and go stay
	@rm -rf _out target
