package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"finetune/finetune"
	"finetune/tasks"
	"finetune/weights"
)

// Exit codes.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitData        = 3
	exitModel       = 4
	exitDiverged    = 5
	exitInterrupted = 130
)

// A usageError is about the command line, the environment or the config file.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// exitCode returns the exit code for what a command returned.
func exitCode(err error) int {
	var (
		usage    *usageError
		config   *finetune.ConfigError
		backbone *weights.NameError
		data     *finetune.DataError
		model    *finetune.ModelError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, finetune.ErrInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, finetune.ErrDiverged):
		return exitDiverged
	case errors.As(err, &usage), errors.As(err, &config), errors.As(err, &backbone), errors.Is(err, tasks.ErrUnknownTask):
		return exitUsage
	case errors.As(err, &model):
		return exitModel
	case errors.As(err, &data):
		return exitData
	}
	return exitInternal
}

// flagError turns an error of parsing flags into a usageError that says which
// flag may have been meant.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return usagef("%v%s", err, suggest(c.Flags(), unknown.GetSpecifiedName(), "--"))
	}
	return usagef("%v", err)
}

// suggest returns " (did you mean …?)" with the flags that name comes near to,
// or "".
func suggest(flags *pflag.FlagSet, name, prefix string) string {
	// Cobra knows which names come near to another, of commands.
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	flags.VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	near := names.SuggestionsFor(name)
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + prefix + strings.Join(near, " or "+prefix) + "?)"
}
