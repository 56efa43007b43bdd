package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"finetune/finetune"
	"finetune/tasks"
	"finetune/weights"
)

func TestExitCode(t *testing.T) {
	cause := errors.New("cause")
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{cause, 1},
		{usagef("wrong"), 2},
		{finetune.Config{}.Check(), 2},
		{fmt.Errorf("run: %w", tasks.ErrUnknownTask), 2},
		{&finetune.DataError{Err: &weights.NameError{Name: "resnet"}}, 2},
		{fmt.Errorf("run: %w", &finetune.DataError{Err: cause}), 3},
		{fmt.Errorf("run: %w", &finetune.ModelError{Err: cause}), 4},
		{fmt.Errorf("step 3: %w", finetune.ErrDiverged), 5},
		{fmt.Errorf("%w after step 3", finetune.ErrInterrupted), 130},
		{context.Canceled, 130},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("exitCode(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestLostResultsAreAnError(t *testing.T) {
	for _, args := range [][]string{{"tasks"}, {"tasks", "--json"}, {"--help"}, {"models"}} {
		var said strings.Builder
		if code := run(args, fullDisk{}, &said); code != exitData || !strings.Contains(said.String(), "standard output") {
			t.Errorf("%v on a full disk: exit code %d, %q, want %d and what was not written", args, code, said.String(), exitData)
		}
	}
}
