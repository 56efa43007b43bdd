package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finetune/finetune"
	"finetune/importer"
	"finetune/tasks"
)

// doctorSettings are the settings of training that doctor has too.
var doctorSettings = []string{
	"task", "features", "mean", "std", "crop-pct", "interpolation", "input-size", "train-scale",
	"train", "bn", "optimizer", "threads", "kernels",
}

func newDoctor() *cobra.Command {
	config := finetune.DefaultDoctor()
	defaults := config.Config
	var operators, asJSON bool
	c := &cobra.Command{
		Use:   "doctor MODEL.onnx [flags]",
		Short: "Say what a backbone is, what training it takes, and what keeps it from that",
		Long: `doctor looks at a backbone, an ONNX file or a name that 'finetune models' lists, without training it: its
operators, its head, its preprocessing and where that is from, the memory and the time that training
takes on this machine, and every obstacle to that with what can be done. Exit code 4 if there is one.`,
		Example: `  finetune doctor mine.onnx
  finetune doctor mine.onnx --task pets             the time of an epoch of Pets
  finetune doctor features.onnx --features pool     with a new head on the tensor pool
  finetune doctor mine.onnx --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  finetune doctor mine.onnx --json --seconds 0      for scripts, without measuring
  finetune doctor --operators                       the ONNX operators that a backbone may have`,
		Args:              arguments(0, 1, "one MODEL.onnx"),
		ValidArgsFunction: onnxFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if operators {
				return writeOperators(c.OutOrStdout(), asJSON)
			}
			if len(args) == 0 {
				return usagef("doctor: want one MODEL.onnx, or --operators")
			}
			if _, err := tasks.Lookup(defaults.Task); err != nil {
				return err
			}
			config.Config = finetune.Defaults(defaults.Task)
			if err := flagLayer(c.Flags()).apply(&config.Config); err != nil {
				return err
			}
			config.Backbone = args[0]
			progress := newProgress(c.ErrOrStderr(), false)
			d, err := finetune.Doctor(c.Context(), config, progress.observe)
			progress.end()
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(c.OutOrStdout(), d)
			} else {
				err = writeDiagnosis(c.OutOrStdout(), d)
			}
			if n := len(d.Obstacles); err == nil && n > 0 {
				return &finetune.ModelError{Err: fmt.Errorf("%s cannot be trained: %d %s", d.Model, n, plural(n, "obstacle"))}
			}
			return err
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&operators, "operators", false, "list the ONNX operators that a backbone may have, with their opsets")
	f.IntSliceVar(&config.Batches, "batches", config.Batches, "plan the memory of steps of `N,N…` images")
	f.Float64Var(&config.Seconds, "seconds", config.Seconds, "measure steps for about so many `SECONDS`; 0 measures none")
	all := flagSet(settings(&defaults))
	for _, name := range doctorSettings {
		f.AddFlag(all.Lookup(name))
	}
	f.BoolVar(&asJSON, "json", false, "write the result as JSON")
	complete(c, "task", taskNames)
	completeKernels(c)
	return c
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// An operatorLine is what is known of an ONNX operator.
type operatorLine struct {
	importer.OperatorSupport
	importer.Conformance
}

func writeOperators(w io.Writer, asJSON bool) error {
	tests := importer.NodeTests()
	var list []operatorLine
	var all importer.Conformance
	for _, s := range importer.Support() {
		c := tests[s.Operator]
		list = append(list, operatorLine{s, c})
		all.Passed, all.Tests = all.Passed+c.Passed, all.Tests+c.Tests
	}
	if asJSON {
		return writeJSON(w, list)
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "OPERATOR\tOPSETS\tNODE TESTS")
	for _, s := range list {
		fmt.Fprintf(table, "%s\t%d to %d\t%s\n", s.Operator, s.Oldest, s.Newest, passedOf(s.Conformance))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d operators; what an operator does not do here is an obstacle that doctor names\n"+
		"ONNX's own node tests of them: %s\n", len(list), passedOf(all))
	return err
}

// passedOf says how many node tests pass, and how many do not.
func passedOf(c importer.Conformance) string {
	switch {
	case c.Tests == 0:
		return "none"
	case c.Passed == c.Tests:
		return fmt.Sprintf("%d of %d pass", c.Passed, c.Tests)
	}
	return fmt.Sprintf("%d of %d pass, %d excepted", c.Passed, c.Tests, c.Tests-c.Passed)
}

// writeDiagnosis writes a line for each thing that is known, and the obstacles.
func writeDiagnosis(w io.Writer, d *finetune.Diagnosis) error {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("model", "%s", d.Model)
	if d.SHA256 != "" {
		line("", "%s, sha256 %.12s", megabytes(d.Bytes), d.SHA256)
	}
	if d.Opset != 0 {
		line("producer", "%s", firstOf(d.Producer, "not stated"))
		line("opset", "%d", d.Opset)
		line("operators", "%s", counts(d.Operators))
		line("batch norm", "%s", d.BatchNorm)
	}
	if d.Input.Name != "" {
		line("input", "%q %s, %s%s", d.Input.Name, d.Input.Type, strings.Join(d.Input.Shape, "×"), openAxes(d.Input.Dynamic))
	}
	if d.Head != "" {
		line("head", "%s", d.Head)
		line("", "features %d, classes %d", d.Features, d.Classes)
		line("parameters", "%s trained, %s running statistics", grouped(d.Parameters), grouped(d.Statistics))
	}
	writeForecast(line, d)
	if len(d.Obstacles) == 0 {
		line("obstacles", "none")
		return nil
	}
	line("obstacles", "%d", len(d.Obstacles))
	for i, o := range d.Obstacles {
		where := ""
		if o.Node != "" {
			where = o.Node + ": "
		}
		fmt.Fprintf(w, "%4d. %s%s\n", i+1, where, o.Problem)
		if o.Remedy != "" {
			fmt.Fprintf(w, "      → %s\n", o.Remedy)
		}
	}
	return nil
}

// busy is a share of the processors below which an estimate is worth a warning.
const busy = 0.8

// writeForecast writes what training takes.
func writeForecast(line func(name, format string, args ...any), d *finetune.Diagnosis) {
	if p := d.Preprocessing; p != nil {
		line("preprocessing", "%d pixels, crop %v, %s, %s, mean %v, std %v on 0..255", p.InputSize, p.Crop, p.Interpolation, p.Channels, p.Mean, p.Std)
		line("", "from %s", d.PreprocessingFrom)
	}
	for i, m := range d.Memory {
		name := ""
		if i == 0 {
			name = "memory"
		}
		line(name, "batch %d: %.0f MiB planned for a step, %.0f MiB for parameters and optimizer", m.Batch, mebibytes(int64(m.Arena)), mebibytes(int64(m.State)))
	}
	if d.FLOPs > 0 {
		line("compute", "%.3g GFLOP forward, %.3g GFLOP a pass of training, an image", d.FLOPs/1e9, d.TrainFLOPs/1e9)
	}
	if e := d.Epoch; e != nil {
		time := duration(e.BaseSeconds)
		if e.SAMMs > 0 {
			time = duration(e.SAMSeconds) + " with SAM, " + time + " without"
		}
		line("epoch", "%s: %s for %s images here", e.Task, time, grouped(e.Images))
		line("", "by steps of %d images of noise; reading images comes on top where it is slower", e.Batch)
		if e.Free > 0 && e.Free < busy {
			line("", "other work took %.0f %% of the processors meanwhile", 100*(1-e.Free))
		}
	}
}

func counts(operators []importer.OperatorCount) string {
	list := make([]string, len(operators))
	for i, o := range operators {
		list[i] = fmt.Sprintf("%s %d", o.Operator, o.Nodes)
	}
	return strings.Join(list, ", ")
}

func openAxes(axes []int) string {
	if len(axes) == 0 {
		return ", all axes fixed"
	}
	list := make([]string, len(axes))
	for i, a := range axes {
		list[i] = strconv.Itoa(a)
	}
	return ", open: axis " + strings.Join(list, ", ")
}

func megabytes(n int) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// grouped writes n with a comma before every three digits.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
