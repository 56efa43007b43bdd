// Command finetune fine-tunes pretrained ONNX image classifiers with
// Sharpness-Aware Minimization and measures what came of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs a command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := interruptible(context.Background(), stderr)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	out := &checkedWriter{to: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	if out.err != nil && (err == nil || errors.Is(err, out.err)) {
		err = &finetune.DataError{Err: fmt.Errorf("standard output: %w", out.err)}
	}
	code := exitCode(err)
	if err != nil {
		fmt.Fprintf(stderr, "finetune: %s\n", strings.TrimPrefix(err.Error(), "finetune: "))
	}
	if code == exitUsage {
		fmt.Fprintf(stderr, "Run '%s --help' for the flags and examples.\n", c.CommandPath())
	}
	return code
}

// A checkedWriter keeps the first error of a writer, so that a result that is lost on a
// full disk is an error.
type checkedWriter struct {
	to  io.Writer
	err error
}

func (w *checkedWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// interruptible returns a context that the first interrupt cancels; the second
// ends the program.
func interruptible(parent context.Context, stderr io.Writer) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		fmt.Fprintln(stderr, "\nfinetune: stopping after this step (interrupt again to stop at once)")
		cancel()
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

func newRoot() *cobra.Command {
	root := newTrain()
	root.Version = finetune.Version()
	cobra.AddTemplateFunc("kernels", kernelsFound) // A library is opened for --version alone.
	root.SetVersionTemplate("{{.Name}} version {{.Version}}, kernels {{kernels}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(writeHelp)
	root.AddCommand(newEvaluate(), newPredict(), newExport(), newModels(), newTasks(), newKernels(), newBench(), newDoctor())
	return root
}

// noArguments refuses arguments; of the root command they are verbs unknown.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasParent() {
		return usagef("%s takes no argument, got %q", c.Name(), args[0])
	}
	if args[0] == "train" {
		return usagef("training needs no verb: finetune --task NAME")
	}
	near := ""
	if names := c.SuggestionsFor(args[0]); len(names) > 0 {
		near = fmt.Sprintf(" (did you mean %s?)", names[0])
	}
	return usagef("unknown command %q%s", args[0], near)
}

// arguments demands at least low and at most high arguments; high < 0 is no
// bound.
func arguments(low, high int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < low || (high >= 0 && len(args) > high) {
			return usagef("%s: %d arguments, want %s", c.Name(), len(args), what)
		}
		return nil
	}
}
