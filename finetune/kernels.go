package finetune

import (
	"cmp"
	"errors"
	"runtime"

	"finetune/internal/kernel"
	"finetune/internal/kernel/gokernel"
	"finetune/internal/kernel/onednn"
)

// What Config.Kernels may be.
const (
	AutoKernels   = "auto"   // The fastest on this machine, by a rule.
	GoKernels     = "go"     // Those of this program alone.
	OneDNNKernels = "onednn" // oneDNN for all that it has fast code for.
)

// KernelNames are all that Config.Kernels may be.
var KernelNames = []string{AutoKernels, GoKernels, OneDNNKernels}

// openKernels opens the kernels of a name in KernelNames, "" being
// AutoKernels, with the given number of threads, 0 being one for each core. The
// caller closes them. A name that is in no table, or of a library that cannot
// be used, and a wrong number of threads are a *ConfigError.
func openKernels(name string, threads int) (kernel.Backend, error) {
	if err := errors.Join(validKernels(name), validThreads(threads)); err != nil {
		return nil, err
	}
	threads = cmp.Or(threads, runtime.GOMAXPROCS(0))
	switch name {
	case GoKernels:
		return gokernel.New(threads), nil
	case OneDNNKernels:
		b, err := onednn.Open(threads, onednn.Everything)
		if err != nil {
			return nil, &ConfigError{"kernels", name, "auto or go: " + err.Error()}
		}
		return b, nil
	}
	return openFastest(threads), nil
}

// openFastest opens oneDNN where it is found and known to win, else Go's kernels.
func openFastest(threads int) kernel.Backend {
	host := gokernel.New(threads)
	library, err := onednn.Find()
	if err != nil {
		return host
	}
	rule, _ := onednn.Faster(library.Instructions, host.Name())
	if rule == nil {
		return host
	}
	guest, err := onednn.Open(threads, rule)
	if err != nil {
		return host
	}
	host.Close()
	return guest
}

func validKernels(name string) error {
	return oneOf("kernels", cmp.Or(name, AutoKernels), KernelNames...)
}

// A KernelSet is kernels that Config.Kernels may name.
type KernelSet struct {
	Name  string `json:"name"`            // GoKernels or OneDNNKernels.
	Found string `json:"found,omitempty"` // What was found, such as go-avx2; "" if nothing.
	Used  bool   `json:"used"`            // Whether AutoKernels uses it.
	Note  string `json:"note"`            // What AutoKernels uses it for, or why it does not.
}

// KernelSets lists the kernels that there are on this machine.
func KernelSets() []KernelSet {
	host := gokernel.New(1)
	defer host.Close()
	guest := KernelSet{Name: OneDNNKernels}
	remains := "everything"
	if library, err := onednn.Find(); err != nil {
		guest.Note = err.Error()
	} else {
		rule, words := onednn.Faster(library.Instructions, host.Name())
		guest.Found, guest.Used, guest.Note = library.Version+"-"+library.Instructions, rule != nil, words
		if guest.Used {
			remains = "everything else"
		}
	}
	return []KernelSet{{GoKernels, host.Name(), true, remains}, guest}
}
