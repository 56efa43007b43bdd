package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestStatic looks at the binary that FINETUNE_STATIC names, built with
// CGO_ENABLED=0 and -tags static: it must need nothing that an empty container
// lacks, and say what it was built without.
func TestStatic(t *testing.T) {
	path := os.Getenv("FINETUNE_STATIC")
	if path == "" {
		t.Skip("FINETUNE_STATIC names no binary")
	}
	binary, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s has a program header %v: it is linked dynamically", path, p.Type)
		}
	}
	kernels := exec.Command(path, "kernels")
	kernels.Env = []string{}
	out, err := kernels.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := "left out of this build by -tags static"; !strings.Contains(string(out), want) {
		t.Errorf("kernels says %q, want %q in it", out, want)
	}
}
