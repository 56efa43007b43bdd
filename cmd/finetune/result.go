package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"finetune/finetune"
)

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeAccuracy writes the figures of an evaluation; before may be nil.
func writeAccuracy(w io.Writer, before, after *finetune.Evaluation) {
	top1 := percent(after.Top1)
	if before != nil {
		of := ""
		if before.N != after.N {
			of = fmt.Sprintf(" (n = %d)", before.N)
		}
		top1 = percent(before.Top1) + of + " → " + top1
	}
	fmt.Fprintf(w, "top-1 accuracy  %s  (95 %% interval %s to %s, n = %d, %s split)\n",
		top1, percent(after.Top1CI95[0]), percent(after.Top1CI95[1]), after.N, after.Split)
	fmt.Fprintf(w, "mean per class  %s\n", percent(after.MeanPerClass))
	fmt.Fprintf(w, "top-5           %s\n", percent(after.Top5))
	fmt.Fprintf(w, "loss            %.4f\n", after.Loss)
	if after.Skipped > 0 {
		fmt.Fprintf(w, "skipped         %d images that cannot be decoded\n", after.Skipped)
	}
	if after.Protocol != "" {
		fmt.Fprintf(w, "protocol        %s\n", after.Protocol)
	}
	if after.Partial != "" {
		fmt.Fprintf(w, "data            %s\n", after.Partial)
	}
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + " %" }

// duration writes seconds as 3.2s, 48s, 14m32s or 2h5m.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + "s"
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
}
