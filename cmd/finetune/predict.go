package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

func newPredict() *cobra.Command {
	var (
		config        finetune.PredictConfig
		quiet, asJSON bool
	)
	c := &cobra.Command{
		Use:   "predict MODEL.onnx IMAGE… [flags]",
		Short: "Name what is on images",
		Long: `predict classifies images with the preprocessing and the class names that the ONNX itself states,
as the files of this program do. What a file does not state, or states otherwise than it is run, is said on
standard error.`,
		Example: `  finetune predict runs/latest/model.onnx photo.jpg
  finetune predict flowers.onnx *.jpg --top 3 --json`,
		Args:              arguments(2, -1, "a MODEL.onnx and at least one IMAGE"),
		ValidArgsFunction: onnxFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if config.Top < 1 {
				return usagef("top is %d, want 1 or more", config.Top)
			}
			progress := newProgress(c.ErrOrStderr(), quiet)
			predictions, err := finetune.Predict(c.Context(), args[0], args[1:], config, progress.observe)
			progress.end()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), predictions)
			}
			for _, p := range predictions {
				writePrediction(c.OutOrStdout(), p)
			}
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&config.Top, "top", 5, "`N` classes to name for each image, the most probable first")
	preprocessingFlags(f, &config.Mean, &config.Std, &config.CropPct, &config.Interpolation)
	f.IntVar(&config.InputSize, "input-size", 0, "height and width of the model's input, `PIXELS`; 0 is what the model states")
	f.IntVar(&config.Threads, "threads", 0, "`N` threads that compute; 0 is one for each core")
	f.StringVar(&config.Kernels, "kernels", finetune.AutoKernels, kernelsUsage)
	f.BoolVar(&quiet, "quiet", false, "no notices")
	f.BoolVar(&asJSON, "json", false, "write the result as JSON")
	completeKernels(c)
	return c
}

func writePrediction(w io.Writer, p finetune.ImagePrediction) {
	fmt.Fprintln(w, p.Path)
	for _, s := range p.Top {
		fmt.Fprintf(w, "  %6.2f %%  %s\n", 100*s.Probability, s.Class)
	}
}
