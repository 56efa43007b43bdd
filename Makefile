.PHONY: check test generate

check: ## All that has to pass before a change lands.
	.ci/run

test:
	go test ./...

generate: ## Writes the assembly of the kernels anew.
	go generate ./...
