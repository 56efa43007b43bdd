package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"finetune/finetune"
)

// writeBenchTimes writes what was measured and how long it takes.
func writeBenchTimes(w io.Writer, c finetune.BenchConfig, r *finetune.BenchResult) error {
	fmt.Fprintf(w, "%s, batch %d of %d×%d pixels, %d classes, train %s, BatchNorm %s\n", r.Model, c.Batch, r.InputSize, r.InputSize, c.Classes, c.Train, c.BatchNorm)
	threads := "threads"
	if r.Threads == 1 {
		threads = "thread"
	}
	fmt.Fprintf(w, "%d %s of %s; inner loop of the kernels %.1f GFLOP/s\n\n", r.Threads, threads, r.Kernels, r.Peak)
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\tmedian ms\tmin ms\tn\timages/s\tGFLOP/s\tof peak\tprocessor ms\t\n")
	for _, row := range []struct {
		name string
		t    finetune.Timing
	}{{"forward", r.Forward}, {finetune.BaseOptimizer(c.Optimizer) + " step", r.Step}, {"SAM step", r.SAM}} {
		if row.t.N == 0 {
			continue
		}
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%d\t%.1f\t%.1f\t%.0f %%\t%.1f\t\n", row.name, row.t.MedianMs, row.t.MinMs, row.t.N,
			row.t.ImagesPerSecond(c.Batch), row.t.GFLOPS(), 100*r.Share(row.t), row.t.CPUMs)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nforward work    %.3f GMAC an image\n", r.MACs/1e9)
	fmt.Fprintf(w, "start           import %.0f ms, plan %.0f ms\n", r.ImportMs, r.PlanMs)
	fmt.Fprintf(w, "memory          arena %.1f MiB in training, %.1f MiB in evaluation; peak of the process %s\n",
		mebibytes(int64(r.TrainingArena)), mebibytes(int64(r.EvaluationArena)), memory(r.PeakMemory))
	return nil
}

func memory(bytes int64) string {
	if bytes == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.0f MiB", mebibytes(bytes))
}

// writeBenchLayers writes the steps of a pass in their order, and their kinds.
func writeBenchLayers(w io.Writer, layers []finetune.BenchLayer) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(table, "\nKERNEL\tLAYER\tSHAPE\tMS\tGFLOP/S\tGB/S\tOF ALL\n")
	for _, l := range layers {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", l.Kernel, cmp.Or(l.Layer, "–"), l.Shape, speed(l))
	}
	fmt.Fprintf(table, "\nKIND\tSTEPS\t\tMS\tGFLOP/S\tGB/S\tOF ALL\n")
	all := finetune.BenchLayer{Kind: "all"}
	for _, k := range finetune.LayerKinds(layers) {
		fmt.Fprintf(table, "%s\t%d\t\t%s\n", k.Kind, k.Steps, speed(k))
		all.Steps, all.MedianMs, all.Share = all.Steps+k.Steps, all.MedianMs+k.MedianMs, all.Share+k.Share
		all.FLOPs, all.Bytes = all.FLOPs+k.FLOPs, all.Bytes+k.Bytes
	}
	fmt.Fprintf(table, "%s\t%d\t\t%s\n", all.Kind, all.Steps, speed(all))
	return table.Flush()
}

// speed writes the last four cells of a row.
func speed(l finetune.BenchLayer) string {
	gflops := "–"
	if l.FLOPs > 0 {
		gflops = fmt.Sprintf("%.1f", l.GFLOPS())
	}
	return fmt.Sprintf("%.3f\t%s\t%.1f\t%.1f %%", l.MedianMs, gflops, l.GBs(), 100*l.Share)
}
