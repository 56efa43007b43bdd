package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

func newExport() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "export RUN -o FILE.onnx",
		Short: "Write the fine-tuned ONNX of a run or a checkpoint",
		Long: `export writes the fine-tuned ONNX of a run: its finished model, or the newest checkpoint of a run
that was interrupted. RUN is a run folder, or a checkpoint file in one.`,
		Example: `  finetune export runs/latest -o flowers.onnx`,
		Args:    arguments(1, 1, "one RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			if output == "" {
				return usagef("export: --output is missing: the file to write")
			}
			if err := finetune.ExportFile(args[0], output); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), output)
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write (no default)")
	return c
}
