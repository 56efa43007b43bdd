package main

import (
	"encoding/json"
	"io"
	"math"

	"github.com/spf13/cobra"

	"finetune/finetune"
)

func newBench() *cobra.Command {
	config := finetune.DefaultBench()
	var quiet, asJSON bool
	c := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure how fast this machine trains a backbone",
		Long: `bench trains on random images for some seconds and says how long a forward pass, a step of the base
optimizer and a step of SAM take, and what share of the machine's peak that is: the speed of the
innermost loop on data in the cache, which is measured too. No data set is needed.`,
		Example: `  finetune bench
  finetune bench --batch 32 --bn train
  finetune bench --backbone resnet50.onnx --threads 1 --seconds 60
  finetune bench --layers                           where the time of a pass goes
  finetune bench --json                             one line, for scripts`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			progress := newProgress(c.ErrOrStderr(), quiet)
			r, err := finetune.Bench(c.Context(), config, progress.observe)
			progress.end()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(newBenchLine(config, r))
			}
			return writeBench(c.OutOrStdout(), config, r)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&config.Backbone, "backbone", config.Backbone, "classifier: a `NAME` that 'finetune models' lists, or FILE.onnx")
	f.StringVar(&config.Features, "features", config.Features, "tensor or `NODE` of the backbone to put the head on; without it the classifier is found and replaced")
	f.IntVar(&config.Batch, "batch", config.Batch, "`N` images a step")
	f.IntVar(&config.InputSize, "input-size", config.InputSize, "height and width of the images, `PIXELS`; 0 is the backbone's own")
	f.IntVar(&config.Classes, "classes", config.Classes, "`N` classes of the fresh head")
	f.StringVar(&config.Optimizer, "optimizer", config.Optimizer, "`sam|sgd|adamw|sam+adamw`: sgd and adamw leave the step of SAM out")
	f.StringVar(&config.BatchNorm, "bn", config.BatchNorm, "`frozen|train`: BatchNorm with the statistics of the backbone, or of each batch")
	f.StringVar(&config.Train, "train", config.Train, "`all|head|last:N`: train all parameters, those of the head, or also the last N parameter tensors of the backbone")
	f.IntVar(&config.Threads, "threads", config.Threads, "`N` threads that compute; 0 is one for each core")
	f.StringVar(&config.Kernels, "kernels", config.Kernels, kernelsUsage)
	f.Float64Var(&config.Seconds, "seconds", config.Seconds, "measure for about so many `SECONDS`, and three times at least")
	f.BoolVar(&config.Layers, "layers", false, "also list every step of one pass of training, and what each kind of step takes together")
	f.BoolVar(&quiet, "quiet", false, "no progress")
	f.BoolVar(&asJSON, "json", false, "write the result as one line of JSON")
	completeBench(c)
	return c
}

// A benchLine is the result as JSON. The first keys are those of the scripts
// that measure peers; times are medians in milliseconds.
type benchLine struct {
	Model   string  `json:"model"`
	Mode    string  `json:"mode"` // Name of the kernels.
	BN      string  `json:"bn"`
	Batch   int     `json:"batch"`
	SGD     float64 `json:"sgd_ms"`           // The base optimizer's, whichever that is.
	SAM     float64 `json:"sam_ms,omitempty"` // Missing if it was left out.
	Forward float64 `json:"forward_ms"`
	PeakRSS float64 `json:"peak_rss_mib"` // 0 if unknown.

	Threads   int    `json:"threads"`
	InputSize int    `json:"input_size"`
	Classes   int    `json:"classes"`
	Optimizer string `json:"optimizer"`
	Train     string `json:"train"`

	// Of the step of SAM, or of the base optimizer if that was left out.
	ImagesPerSecond float64 `json:"images_per_second"`
	GFLOPS          float64 `json:"gflops"`
	PeakGFLOPS      float64 `json:"peak_gflops"`
	ShareOfPeak     float64 `json:"share_of_peak"`

	SGDMin        float64 `json:"sgd_min_ms"`
	SGDCPU        float64 `json:"sgd_cpu_ms"` // Processor time of all threads; 0 if unknown.
	SGDN          int     `json:"sgd_n"`
	SGDGFLOPS     float64 `json:"sgd_gflops"`
	SAMMin        float64 `json:"sam_min_ms,omitempty"`
	SAMCPU        float64 `json:"sam_cpu_ms,omitempty"`
	SAMN          int     `json:"sam_n"`
	SAMGFLOPS     float64 `json:"sam_gflops,omitempty"`
	ForwardMin    float64 `json:"forward_min_ms"`
	ForwardCPU    float64 `json:"forward_cpu_ms"`
	ForwardN      int     `json:"forward_n"`
	ForwardGFLOPS float64 `json:"forward_gflops"`

	ForwardGMAC     float64 `json:"forward_gmac_per_image"`
	Arena           float64 `json:"arena_mib"` // In training.
	EvaluationArena float64 `json:"evaluation_arena_mib"`
	Import          float64 `json:"import_ms"`
	Plan            float64 `json:"plan_ms"`

	Layers []finetune.BenchLayer `json:"layers,omitempty"`
}

func newBenchLine(c finetune.BenchConfig, r *finetune.BenchResult) benchLine {
	head := r.Headline()
	return benchLine{
		Model: r.Model, Mode: r.Kernels, BN: c.BatchNorm, Batch: c.Batch,
		SGD: rounded(r.Step.MedianMs), SAM: rounded(r.SAM.MedianMs), Forward: rounded(r.Forward.MedianMs), PeakRSS: rounded(mebibytes(r.PeakMemory)),
		Threads: r.Threads, InputSize: r.InputSize, Classes: c.Classes, Optimizer: c.Optimizer, Train: c.Train,
		ImagesPerSecond: rounded(head.ImagesPerSecond(c.Batch)), GFLOPS: rounded(head.GFLOPS()), PeakGFLOPS: rounded(r.Peak), ShareOfPeak: rounded(r.Share(head)),
		SGDMin: rounded(r.Step.MinMs), SGDCPU: rounded(r.Step.CPUMs), SGDN: r.Step.N, SGDGFLOPS: rounded(r.Step.GFLOPS()),
		SAMMin: rounded(r.SAM.MinMs), SAMCPU: rounded(r.SAM.CPUMs), SAMN: r.SAM.N, SAMGFLOPS: rounded(r.SAM.GFLOPS()),
		ForwardMin: rounded(r.Forward.MinMs), ForwardCPU: rounded(r.Forward.CPUMs), ForwardN: r.Forward.N, ForwardGFLOPS: rounded(r.Forward.GFLOPS()),
		ForwardGMAC: r.MACs / 1e9, Arena: rounded(mebibytes(int64(r.TrainingArena))), EvaluationArena: rounded(mebibytes(int64(r.EvaluationArena))),
		Import: rounded(r.ImportMs), Plan: rounded(r.PlanMs), Layers: r.Layers,
	}
}

// rounded keeps three decimals.
func rounded(x float64) float64 { return math.Round(1e3*x) / 1e3 }

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// writeBench writes the result for people.
func writeBench(w io.Writer, c finetune.BenchConfig, r *finetune.BenchResult) error {
	if err := writeBenchTimes(w, c, r); err != nil {
		return err
	}
	if len(r.Layers) == 0 {
		return nil
	}
	return writeBenchLayers(w, r.Layers)
}
