package importer

import (
	_ "embed"
	"fmt"
	"strings"
)

// nodeCoverage says how many of ONNX's node tests pass, a line "operator passed
// total" for each operator that has any. TestOfficialNodes holds it to what the
// tests do, and writes it with -update.
//
//go:embed testdata/node_coverage.txt
var nodeCoverage string

// A Conformance says how many of ONNX's own node tests of an operator pass.
// The others are exceptions, each with a reason in testdata/node_exceptions.txt.
type Conformance struct {
	Passed int `json:"node_tests_passed"`
	Tests  int `json:"node_tests"` // 0 for an operator that ONNX has no test of for floats.
}

// NodeTests returns the conformance of the operators, by name.
func NodeTests() map[string]Conformance {
	all := map[string]Conformance{}
	for line := range strings.Lines(nodeCoverage) {
		var operator string
		var c Conformance
		if _, err := fmt.Sscan(line, &operator, &c.Passed, &c.Tests); err != nil {
			panic(fmt.Sprintf("importer: node_coverage.txt: line %q: %v", line, err))
		}
		all[operator] = c
	}
	return all
}
