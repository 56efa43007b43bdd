package finetune

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// An environment says where a run ran; env.json.
type environment struct {
	Version string `json:"version"` // Of the binary.
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	Threads int    `json:"threads"`
	Kernels string `json:"kernels"`
}

func newEnvironment(kernels string, threads int) environment {
	return environment{
		Version: Version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuName(), Cores: runtime.NumCPU(), Threads: threads, Kernels: kernels,
	}
}

// Version returns the version of the binary: of the module, or the commit that
// it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = "commit " + s.Value[:min(12, len(s.Value))]
		}
	}
	if version == "" {
		return "(devel)"
	}
	return version
}

// cpuName returns the model of the processor as Linux has it, or "".
func cpuName() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
