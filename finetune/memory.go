package finetune

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"finetune/internal/vm"
)

// memoryBudget returns the bytes that a planned graph may take: the least of
// GOMEMLIMIT, the limit of the control group, and the machine's memory, as far
// as they are known; 0 if none is.
func memoryBudget() int64 {
	budget := debug.SetMemoryLimit(-1)
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				budget = min(budget, limit)
			}
		}
	}
	if total := totalMemory(); total > 0 {
		budget = min(budget, total)
	}
	if budget == math.MaxInt64 {
		return 0
	}
	return budget
}

// totalMemory returns the bytes of the machine's memory as Linux has them, or 0.
func totalMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int64
		if n, _ := fmt.Sscanf(lines.Text(), "MemTotal: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}

// overBudget makes a *ModelError of a *vm.MemoryError, and says what helps.
func overBudget(err error, batch int) error {
	var memory *vm.MemoryError
	if !errors.As(err, &memory) {
		return err
	}
	return &ModelError{fmt.Errorf("%w (try a --batch below %d or a smaller --input-size; GOMEMLIMIT and the machine's memory are the limit)", err, batch)}
}
