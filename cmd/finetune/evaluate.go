package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

func newEvaluate() *cobra.Command {
	config := finetune.EvaluateConfig{Task: "", Split: "test", Batch: 32, OnBadImage: "fail", Kernels: finetune.AutoKernels}
	var quiet, asJSON bool
	c := &cobra.Command{
		Use:   "evaluate MODEL.onnx --task NAME [flags]",
		Short: "Measure the accuracy of a classifier on a task",
		Long: `evaluate measures a classifier on the official test split of a task: top-1 accuracy with its
95 % interval, mean accuracy per class, top-5 accuracy and loss.`,
		Example: `  finetune evaluate runs/latest/model.onnx --task flowers
  finetune evaluate other.onnx --task folder --data photos --split validation
  finetune evaluate model.onnx --task flowers --json`,
		Args:              arguments(1, 1, "one MODEL.onnx"),
		ValidArgsFunction: onnxFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkEvaluate(config); err != nil {
				return err
			}
			file := args[0]
			if _, path, ok := strings.Cut(file, "="); ok { // ROW=FILE
				file = path
			}
			sum, err := fileSHA256(file) // First, because data may be a long download.
			if err != nil {
				return &finetune.DataError{Err: err}
			}
			progress := newProgress(c.ErrOrStderr(), quiet)
			e, err := finetune.Evaluate(c.Context(), args[0], config, progress.observe)
			progress.end()
			if err != nil {
				return err
			}
			if !asJSON {
				writeAccuracy(c.OutOrStdout(), nil, e)
				return nil
			}
			return writeJSON(c.OutOrStdout(), evaluationSummary(e, config, file, sum))
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&config.Task, "task", config.Task, "data set to measure on: a `NAME` that 'finetune tasks' lists")
	f.StringVar(&config.Data, "data", config.Data, "`DIR` of the data set; without it, the data cache, a download, or the slice in the binary")
	f.StringVar(&config.Split, "split", config.Split, "`test|validation|train`: part of the data set")
	f.IntVar(&config.Limit, "limit-test", config.Limit, "measure on at most `N` images; 0 is all")
	f.IntVar(&config.Batch, "batch", config.Batch, "`N` images at a time")
	f.StringVar(&config.Backbone, "backbone", config.Backbone, "`NAME` in 'finetune models' whose preprocessing is used when the file states none; without it, the file's hash is looked up")
	preprocessingFlags(f, &config.Mean, &config.Std, &config.CropPct, &config.Interpolation)
	f.IntVar(&config.InputSize, "input-size", config.InputSize, "height and width of the model's input, `PIXELS`; 0 is what the model states")
	f.StringVar(&config.OnBadImage, "on-bad-image", config.OnBadImage, "`skip|fail`: leave an image out that cannot be decoded, or stop")
	f.IntVar(&config.Threads, "threads", config.Threads, "`N` threads that compute; 0 is one for each core")
	f.StringVar(&config.Kernels, "kernels", config.Kernels, kernelsUsage)
	f.BoolVar(&quiet, "quiet", false, "no progress")
	f.BoolVar(&asJSON, "json", false, "write the result as JSON: the keys of summary.json")
	completeEvaluate(c)
	return c
}

// checkEvaluate checks the values that a Config has too as those of a Config.
func checkEvaluate(e finetune.EvaluateConfig) error {
	if e.Task == "" {
		return usagef("evaluate: --task is missing: a name that 'finetune tasks' lists")
	}
	if e.Split != "test" && e.Split != "validation" && e.Split != "train" {
		return usagef("split is %q, want test, validation or train", e.Split)
	}
	c := finetune.Defaults(e.Task)
	c.Batch, c.InputSize, c.LimitTest, c.OnBadImage = e.Batch, e.InputSize, e.Limit, e.OnBadImage
	c.Threads, c.Kernels = e.Threads, e.Kernels
	c.Mean, c.Std, c.CropPct, c.Interpolation = e.Mean, e.Std, e.CropPct, e.Interpolation
	return checkConfig(c)
}

// evaluationSummary has the keys of summary.json; those of training are zero.
func evaluationSummary(e *finetune.Evaluation, c finetune.EvaluateConfig, model, sum string) finetune.Summary {
	backbone := c.Backbone
	if backbone == "" {
		backbone = filepath.Base(model)
	}
	return finetune.Summary{
		Task: e.Task, Backbone: backbone, NTest: e.N,
		Top1: e.Top1, Top1CI95: e.Top1CI95, Top5: e.Top5, MeanPerClass: e.MeanPerClass, Loss: e.Loss,
		ImagesPerSecond: e.ImagesPerSecond, ModelSHA256: sum, Split: e.Split, Skipped: e.Skipped,
	}
}

func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
