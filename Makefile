.DEFAULT_GOAL := help
SHELL         := bash

GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# How long each fuzz target runs.
FUZZTIME ?= 20s

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## Run the tests and sum up what was skipped; PLINTH_TEST_REQUIRE=postgres insists on PostgreSQL
	go run ./internal/testkit/testall

.PHONY: race
race: ## Run the tests of store, api, auth, cache and middleware with the race detector
	go test -race ./store/... ./api/... ./auth/... ./cache/... ./middleware/... ./tests/conformance

.PHONY: lint
lint: ## Check format and code, as CI does
	@test -z "$$(go run $(GOFUMPT) -l . | tee /dev/stderr)"
	go vet ./...
	go -C bench vet ./...
	go run $(STATICCHECK) ./...
	go -C bench run $(STATICCHECK) ./...

.PHONY: fmt
fmt: ## Format the code
	go run $(GOFUMPT) -w .

.PHONY: generate
generate: ## Write generated code and golden files again
	go generate ./...

.PHONY: bench
bench: ## Run the benchmarks
	go test -run='^$$' -bench=. -benchmem ./...

.PHONY: compare
compare: ## Compare with the same endpoints written by hand, about four minutes
	go -C bench test . -run TestCompare -v -compare -timeout 20m

.PHONY: series
series: ## Measure what grows with rows, levels, rules, connections, about twelve minutes
	go -C bench test . -run TestSeries -v -series -timeout 30m

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	@. .ci/lib.sh && fuzz $(FUZZTIME)

.PHONY: mutate
mutate: ## Plant faults one at a time and list those that no test finds, about an hour
	go test ./tests/mutants -run 'TestMutants$$' -v -timeout 6h -mutate -only '$(MUTANTS)' -from '$(FROM)'
