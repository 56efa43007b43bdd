package finetune

import (
	"cmp"
	"runtime"

	"finetune/internal/kernel"
	"finetune/internal/kernel/gokernel"
)

// AutoKernels lets the machine decide which kernels compute.
const AutoKernels = "auto"

// KernelNames are what Config.Kernels may be.
var KernelNames = []string{AutoKernels, "go"}

// openKernels opens the kernels of a name in KernelNames, "" being
// AutoKernels, with the given number of threads, 0 being one for each core. The
// caller closes them. A name that is in no table is a *ConfigError.
func openKernels(name string, threads int) (kernel.Backend, error) {
	if err := validKernels(name); err != nil {
		return nil, err
	}
	return gokernel.New(cmp.Or(threads, runtime.GOMAXPROCS(0))), nil
}

func validKernels(name string) error {
	return oneOf("kernels", cmp.Or(name, AutoKernels), KernelNames...)
}
