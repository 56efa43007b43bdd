package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

func newExport() *cobra.Command {
	var (
		config        finetune.ExportConfig
		quiet, asJSON bool
	)
	c := &cobra.Command{
		Use:   "export RUN -o FILE.onnx [flags]",
		Short: "Write the fine-tuned ONNX of a run or a checkpoint",
		Long: `export writes the fine-tuned ONNX of a run: its finished model, or the newest checkpoint of a run
that was interrupted. RUN is a run folder, or a checkpoint file in one.

The file is read back, run on held-out images and compared with the trained model before it gets its
name: a mismatch is an error and leaves no file. What was found is kept in the run folder, export.json.`,
		Example: `  finetune export runs/latest -o flowers.onnx
  finetune export runs/latest -o flowers.onnx --preprocess --fold-bn     # images of any size in, probabilities out
  finetune export runs/latest -o flowers-int8.onnx --int8`,
		Args: arguments(1, 1, "one RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			if config.Output == "" {
				return usagef("export: --output is missing: the file to write")
			}
			for name, n := range map[string]int{"opset": config.Opset, "calibrate": config.Calibrate, "limit-test": config.Limit} {
				if n < 0 {
					return usagef("%s is %d, want 0 or more", name, n)
				}
			}
			config.Run = args[0]
			progress := newProgress(c.ErrOrStderr(), quiet)
			exported, err := finetune.ExportFile(c.Context(), config, progress.observe)
			progress.end()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), exported)
			}
			fmt.Fprintln(c.OutOrStdout(), exported.File)
			if a := exported.Accuracy; a != nil {
				fmt.Fprintf(c.OutOrStdout(), "top-1 accuracy  %s  (95 %% interval %s to %s, n = %d, %s split)\n",
					percent(a.Top1), percent(a.Top1CI95[0]), percent(a.Top1CI95[1]), a.N, a.Split)
			}
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVarP(&config.Output, "output", "o", "", "`FILE` to write (no default)")
	f.BoolVar(&config.FoldBatchNorm, "fold-bn", false, "multiply BatchNormalization into the layer before it")
	f.IntVar(&config.Opset, "opset", 0, "raise the file to version `N` of ONNX's operators; 0 keeps its own, and it is never lowered")
	f.BoolVar(&config.Half, "fp16", false, "weights and arithmetic in float16; input and output stay float32")
	f.BoolVar(&config.Int8, "int8", false, "arithmetic in int8 (QDQ), with ranges from training images; folds BatchNormalization")
	f.BoolVar(&config.Preprocess, "preprocess", false, "put preprocessing into the graph: uint8 [N,H,W,3] of any size in, probabilities out")
	f.StringVar(&config.Data, "data", "", "`DIR` of the data set; without it, the run's own")
	f.IntVar(&config.Calibrate, "calibrate", 0, "`N` training images that int8 ranges are taken from; 0 is 256")
	f.IntVar(&config.Limit, "limit-test", 0, "measure the accuracy of fp16 and int8 on at most `N` images; 0 is as in the run")
	f.IntVar(&config.Threads, "threads", 0, "`N` threads that compute; 0 is one for each core")
	f.StringVar(&config.Kernels, "kernels", finetune.AutoKernels, kernelsUsage)
	f.BoolVar(&quiet, "quiet", false, "no progress")
	f.BoolVar(&asJSON, "json", false, "write what was exported as JSON: the keys of export.json")
	completeKernels(c)
	return c
}
