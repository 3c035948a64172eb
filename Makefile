# Few targets; `make help` lists them. Versions of tools are pinned here.

GOLANGCI_LINT := 2.15.0
GOVULNCHECK   := 1.9.0

IMAGE    ?= ghcr.io/breezeway-audio/breezeway:latest
FUZZTIME ?= 1m
BENCH    ?= .

# Without a tag the source says its version itself.
VERSION  := $(shell git describe --tags --dirty 2>/dev/null)
REVISION := $(shell git rev-parse HEAD 2>/dev/null)
CREATED   = $(shell date -u +%Y-%m-%dT%H:%M:%SZ)
# Renderers and browsers are served HTTP/1.1; without HTTP/2 the program is half a
# megabyte smaller, on disk and in memory.
TAGS     := nethttpomithttp2
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.revision=$(REVISION)

# The race detector is cgo and needs a C compiler.
RACE := $(if $(shell command -v $$(go env CC) 2>/dev/null),-race)

# Tests that play in real time: the whole product on loopback, and the released
# program between other programs in network namespaces. They run by themselves, one package after the other and
# without -race, so that nothing makes them late.
E2E      := ./pkg/sim/lab ./pkg/sim/e2e/lan ./pkg/sim/e2e/nas
REALTIME := ./pkg/sim/e2e $(E2E)

# Measurements, which `make bench-audio` runs.
MEASURED := ./pkg/audio/mp3/bench

# Codecs and filters start no goroutine: the race detector finds nothing in them, and
# makes them ten times slower.
SEQUENTIAL := ./pkg/audio/alac ./pkg/audio/encode ./pkg/audio/flac ./pkg/audio/mp3 ./pkg/audio/resample/...

.DEFAULT_GOAL := help
.PHONY: help build run demo test e2e e2e-nas e2e-drift lint fuzz bench bench-audio drift-plot generate image

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile

build: ## the static binary, ./breezeway
	CGO_ENABLED=0 go build -trimpath -tags $(TAGS) -ldflags "$(LDFLAGS)" -o breezeway ./cmd/breezeway

run: build ## build and start the bridge
	./breezeway

demo: build ## play from a software sender to a software speaker, on loopback
	./breezeway demo

test: ## vet and all tests; as root on Debian it installs what they need
	@.ci/install-lab
	go vet ./...
	$(if $(RACE),,@echo 'test: no C compiler: without the race detector')
	@$(if $(RACE),CGO_ENABLED=1) go run ./pkg/sim/gotest \
	  $(RACE) -timeout 20m $$(go list ./... | grep -vxF "$$(go list $(REALTIME) $(MEASURED) $(SEQUENTIAL))") -- \
	  -timeout 20m $(SEQUENTIAL) -- \
	  -count=1 -p 1 -timeout 30m $(REALTIME)

e2e: ## only the end-to-end tests in network namespaces, with their names
	@.ci/install-lab
	go test -count=1 -p 1 -timeout 30m -v $(E2E)

e2e-nas: ## only the image on a virtual NAS with Docker, some minutes
	@.ci/install-lab nas
	BREEZEWAY_E2E_NAS=1 go test -count=1 -timeout 30m -v ./pkg/sim/e2e/nas

e2e-drift: ## only speakers whose clocks run fast or slow, in real time: 10 minutes
	@.ci/install-lab
	BREEZEWAY_E2E_DRIFT=$${BREEZEWAY_E2E_DRIFT:-1} go test -count=1 -timeout 20m -v -run '^TestDrift$$' $(E2E)

lint: bin/golangci-lint-$(GOLANGCI_LINT) bin/govulncheck-$(GOVULNCHECK) ## gofmt, vet, golangci-lint, govulncheck
	@unformatted=$$(gofmt -l cmd docker pkg); [ -z "$$unformatted" ] || { echo "gofmt would change:" $$unformatted; exit 1; }
	go vet ./...
	bin/golangci-lint-$(GOLANGCI_LINT) run
	@.ci/vulncheck bin/govulncheck-$(GOVULNCHECK)

bin/golangci-lint-$(GOLANGCI_LINT):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_LINT)
	mv bin/golangci-lint $@

bin/govulncheck-$(GOVULNCHECK):
	GOBIN=$(CURDIR)/bin go install golang.org/x/vuln/cmd/govulncheck@v$(GOVULNCHECK)
	mv bin/govulncheck $@

fuzz: ## every fuzz test for FUZZTIME (1m)
	@go list -f '{{.Dir}}' ./... | while read -r dir; do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$dir"/*_test.go 2>/dev/null); do \
	    echo "$${dir#$(CURDIR)/}: $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$dir" || exit 1; \
	  done; \
	done

bench: ## every benchmark, or those that BENCH matches
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

bench-audio: ## the MP3 encoder against LAME and Shine: the tables of docs/MP3.md
	go test -count=1 -timeout 30m ./pkg/audio/mp3/bench -write

drift-plot: ## how the delay is held with clocks that run fast or slow: docs/drift.svg
	go run ./pkg/audio/resample/driftplot docs/drift.svg

generate: ## the tables of variables, ports and metrics of docs/
	go generate ./...

image: ## the container image, IMAGE, for this machine
	docker build -t $(IMAGE) --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg CREATED=$(CREATED) .
