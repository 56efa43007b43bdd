package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"finetune/finetune"
)

// writeHelp writes the help of a command: what it does, examples, verbs, flags.
func writeHelp(c *cobra.Command, _ []string) {
	w := c.OutOrStdout()
	fmt.Fprintf(w, "%s\n", describe(c))
	if c.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
	}
	fmt.Fprintf(w, "\nUsage:\n  %s\n", c.UseLine())
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-12s%s\n", sub.Name(), sub.Short)
			}
		}
	}
	shown := pflag.NewFlagSet("", pflag.ContinueOnError)
	if !c.HasParent() {
		for _, g := range settings(helpDefaults(c)) {
			writeFlags(w, g.title, g.flags)
			shown.AddFlagSet(g.flags)
		}
	}
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	rest.SortFlags = false
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if shown.Lookup(f.Name) == nil {
			rest.AddFlag(f)
		}
	})
	writeFlags(w, "Flags", rest)
	if !c.HasParent() {
		fmt.Fprintf(w, "\n%s\n", precedence)
	}
}

func describe(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short
}

// helpDefaults returns the recipe of the task, of the parameters to train and of
// the optimizer that the command line names.
func helpDefaults(c *cobra.Command) *finetune.Config {
	named := func(flag string) string { return c.Flags().Lookup(flag).Value.String() }
	defaults := finetune.DefaultsFor(firstOf(named("task"), finetune.DefaultTask), named("train"), named("optimizer"))
	return &defaults
}

// writeFlags writes the flags of a group, each with its default unless that is
// the empty string.
func writeFlags(w io.Writer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	shown := pflag.NewFlagSet(title, pflag.ContinueOnError)
	shown.SortFlags = flags.SortFlags
	flags.VisitAll(func(f *pflag.Flag) {
		copied := *f
		if isZero := f.DefValue == "0" || f.DefValue == "false"; isZero && f.Name != "help" && f.Name != "version" {
			copied.Usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		shown.AddFlag(&copied)
	})
	usages := shown.FlagUsagesWrapped(helpWidth())
	const optional = "[=true|false]" // What pflag says of every switch.
	fmt.Fprintf(w, "\n%s:\n%s", title, strings.ReplaceAll(usages, optional, strings.Repeat(" ", len(optional))))
}

// helpWidth returns how many columns help takes.
func helpWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 100
	}
	return max(60, min(width, 120))
}

const precedence = `The defaults follow task and optimizer: 'finetune --task flowers --optimizer sgd --help' shows others.
Every setting is also an environment variable (FINETUNE_BATCH, FINETUNE_SAM_FROM …) and a key of a
config file. Flags hold over the environment, that over --config, that over the defaults.
FINETUNE_DATA is no setting: it names the folder that holds the data sets, one folder a task.

Exit codes: 0 done, 1 internal error, 2 usage, 3 data, 4 unsupported model, 5 diverged,
130 interrupted (after saving a checkpoint).`
