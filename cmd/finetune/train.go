package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

// newTrain returns the root command, which trains.
func newTrain() *cobra.Command {
	var (
		configFile, resume string
		quiet, asJSON      bool
	)
	c := &cobra.Command{
		Use:   "finetune [flags]",
		Short: "Fine-tune ONNX image classifiers with Sharpness-Aware Minimization",
		Long: `finetune takes a pretrained image classifier as ONNX, fine-tunes it with Sharpness-Aware
Minimization on your images, and gives back an ONNX with its measured accuracy.`,
		Example: `  finetune                                          a first run, complete in the binary
  finetune --task flowers                           Oxford Flowers-102, fetched when it is not there
  finetune --task folder --data photos              your images, one folder a class
  finetune --task pets --backbone mine.onnx         your backbone
  finetune --task flowers --optimizer sgd --epochs 8 --output runs/sgd
  finetune --resume runs/latest                     go on after an interruption
  finetune --config runs/latest/config.yaml --seed 1
  finetune evaluate runs/latest/model.onnx --task flowers
  finetune predict runs/latest/model.onnx photo.jpg`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := resolve(c.Flags(), os.Getenv, configFile)
			if resume != "" {
				config, err = resolveResume(c.Flags(), resume)
			}
			if err != nil {
				return err
			}
			progress := newProgress(c.ErrOrStderr(), quiet)
			result, err := finetune.Run(c.Context(), config, progress.observe)
			progress.end()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), result.Summary)
			}
			writeResult(c.OutOrStdout(), config, result)
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	for _, g := range settings(&finetune.Config{}) {
		f.AddFlagSet(g.flags)
	}
	f.StringVar(&configFile, "config", "", "`FILE` of settings, YAML, such as the config.yaml of a run")
	f.StringVar(&resume, "resume", "", "`RUN` folder to go on with, from its newest checkpoint")
	f.BoolVar(&quiet, "quiet", false, "no progress")
	f.BoolVar(&asJSON, "json", false, "write the result as JSON: the keys of summary.json")
	completeTraining(c)
	return c
}

// writeResult says what came of a run and what to do next.
func writeResult(w io.Writer, c finetune.Config, r *finetune.Result) {
	if r.After != nil {
		writeAccuracy(w, r.Before, r.After)
	}
	if r.Summary.TrainSeconds > 0 {
		fmt.Fprintf(w, "trained in      %s, %.0f images/s, %s of it spent waiting for images\n",
			duration(r.Summary.TrainSeconds), r.Summary.ImagesPerSecond, percent(r.Summary.DataWaitShare))
	}
	for _, file := range [][2]string{{"model", r.Model}, {"report", r.Report}} {
		if file[1] != "" {
			fmt.Fprintf(w, "%-16s%s\n", file[0], file[1])
		}
	}
	fmt.Fprintf(w, "\nNext:\n")
	if r.Model != "" {
		fmt.Fprintf(w, "  finetune predict %s IMAGE…\n", r.Model)
	}
	if c.Task == finetune.DefaultTask {
		fmt.Fprintf(w, "  finetune --task flowers               the same on Oxford Flowers-102\n")
		fmt.Fprintf(w, "  finetune --task folder --data DIR     on your images, one folder a class\n")
	}
}
