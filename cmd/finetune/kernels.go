package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

// kernelsUsage is what the flag is in all commands that compute.
const kernelsUsage = "`auto|go|onednn`: what computes; auto is what 'finetune kernels' says, onednn is oneDNN for all that it can do"

func newKernels() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "kernels [flags]",
		Short: "List what can compute here, what is used, and why not the other",
		Long: `kernels lists what can compute on this machine and what --kernels auto uses each for. oneDNN 3 is the file
that FINETUNE_ONEDNN names, else the libdnnl.so.3 that the system finds.`,
		Example: `  finetune kernels
  FINETUNE_ONEDNN=/usr/local/lib/libdnnl.so.3 finetune kernels --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return writeJSON(c.OutOrStdout(), finetune.KernelSets())
			}
			return writeKernels(c.OutOrStdout(), finetune.KernelSets())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write the table as JSON")
	return c
}

func writeKernels(w io.Writer, sets []finetune.KernelSet) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "KERNELS\tFOUND\tAUTO\tFOR WHAT, OR WHY NOT")
	for _, s := range sets {
		used := "used"
		if !s.Used {
			used = "not used"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Name, firstOf(s.Found, "–"), used, s.Note)
	}
	return table.Flush()
}

// kernelsFound names the kernels that were found, in a line.
func kernelsFound() string {
	var found []string
	for _, s := range finetune.KernelSets() {
		switch {
		case s.Found == "":
			found = append(found, fmt.Sprintf("no %s (%s)", s.Name, s.Note))
		case s.Name == finetune.GoKernels:
			found = append(found, s.Found)
		default:
			found = append(found, s.Name+"-"+s.Found)
		}
	}
	return strings.Join(found, ", ")
}
