package main

import (
	"bytes"
	"fmt"

	"github.com/google/renameio/v2"
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
			var model bytes.Buffer
			if err := finetune.Export(args[0], &model); err != nil {
				return err
			}
			size := model.Len()
			if err := renameio.WriteFile(output, model.Bytes(), 0o644); err != nil {
				return &finetune.DataError{Err: fmt.Errorf("export: %w", err)}
			}
			fmt.Fprintf(c.OutOrStdout(), "%s (%.1f MB)\n", output, float64(size)/1e6)
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write (no default)")
	return c
}
