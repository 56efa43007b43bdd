package weights

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// keyPrefix begins the keys of preprocessing in the metadata of an ONNX model.
const keyPrefix = "finetune.preprocessing."

// Metadata returns p as entries for the metadata_props of an ONNX model:
//
//	finetune.preprocessing.input_size     224
//	finetune.preprocessing.crop           0.875
//	finetune.preprocessing.interpolation  bicubic
//	finetune.preprocessing.channels       RGB
//	finetune.preprocessing.layout         NCHW
//	finetune.preprocessing.mean           127,127,127
//	finetune.preprocessing.std            128,128,128
//
// The words and units are those of the fields. Numbers are decimal, as short
// as gives the same float64 again.
func (p Preprocessing) Metadata() map[string]string {
	return map[string]string{
		keyPrefix + "input_size":    strconv.Itoa(p.InputSize),
		keyPrefix + "crop":          formatFloat(p.Crop),
		keyPrefix + "interpolation": p.Interpolation,
		keyPrefix + "channels":      p.Channels,
		keyPrefix + "layout":        p.Layout,
		keyPrefix + "mean":          formatTriple(p.Mean),
		keyPrefix + "std":           formatTriple(p.Std),
	}
}

// PreprocessingFrom returns the preprocessing that an ONNX model's metadata
// states, and whether it states any. Entries of other kinds are ignored; a
// missing, malformed or unknown entry of this kind is an error, because a
// model that is fed wrongly still answers.
func PreprocessingFrom(metadata map[string]string) (Preprocessing, bool, error) {
	entries := make(map[string]string)
	for key, value := range metadata {
		if name, ok := strings.CutPrefix(key, keyPrefix); ok {
			entries[name] = value
		}
	}
	if len(entries) == 0 {
		return Preprocessing{}, false, nil
	}
	var p Preprocessing
	fields := []struct {
		name  string
		parse func(string) error
	}{
		{"input_size", func(s string) (err error) { p.InputSize, err = strconv.Atoi(s); return err }},
		{"crop", func(s string) (err error) { p.Crop, err = strconv.ParseFloat(s, 64); return err }},
		{"interpolation", func(s string) error { p.Interpolation = s; return nil }},
		{"channels", func(s string) error { p.Channels = s; return nil }},
		{"layout", func(s string) error { p.Layout = s; return nil }},
		{"mean", func(s string) (err error) { p.Mean, err = parseTriple(s); return err }},
		{"std", func(s string) (err error) { p.Std, err = parseTriple(s); return err }},
	}
	for _, field := range fields {
		value, ok := entries[field.name]
		if !ok {
			return Preprocessing{}, true, fmt.Errorf("weights: metadata has no %s%s", keyPrefix, field.name)
		}
		if err := field.parse(value); err != nil {
			return Preprocessing{}, true, fmt.Errorf("weights: metadata %s%s is %q: %w", keyPrefix, field.name, value, err)
		}
		delete(entries, field.name)
	}
	for name := range entries {
		return Preprocessing{}, true, fmt.Errorf("weights: metadata %s%s is unknown: was the file written by a later version?", keyPrefix, name)
	}
	return p, true, p.Validate()
}

// maxInputSize is beyond any classifier's; it keeps a wrong number from
// becoming an allocation.
const maxInputSize = 4096

// Validate returns an error unless p can be carried out.
func (p Preprocessing) Validate() error {
	switch {
	case p.InputSize < 1 || p.InputSize > maxInputSize:
		return fmt.Errorf("weights: input size is %d, want 1 to %d pixels", p.InputSize, maxInputSize)
	case !(p.Crop > 0 && p.Crop <= 1):
		return fmt.Errorf("weights: crop is %v, want above 0 and at most 1", p.Crop)
	case p.Interpolation != "bicubic" && p.Interpolation != "bilinear":
		return fmt.Errorf("weights: interpolation is %q, want bicubic or bilinear", p.Interpolation)
	case p.Channels != "RGB" && p.Channels != "BGR":
		return fmt.Errorf("weights: channels are %q, want RGB or BGR", p.Channels)
	case p.Layout != "NCHW" && p.Layout != "NHWC":
		return fmt.Errorf("weights: layout is %q, want NCHW or NHWC", p.Layout)
	}
	for c := range 3 {
		if math.IsNaN(p.Mean[c]) || math.IsInf(p.Mean[c], 0) {
			return fmt.Errorf("weights: mean of channel %d is %v, want a finite number", c, p.Mean[c])
		}
		if !(p.Std[c] > 0) || math.IsInf(p.Std[c], 0) {
			return fmt.Errorf("weights: std of channel %d is %v, want a finite number above 0", c, p.Std[c])
		}
	}
	return nil
}

func formatFloat(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func formatTriple(v [3]float64) string {
	return formatFloat(v[0]) + "," + formatFloat(v[1]) + "," + formatFloat(v[2])
}

func parseTriple(s string) (v [3]float64, err error) {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return v, fmt.Errorf("%d numbers, want 3", len(parts))
	}
	for c, part := range parts {
		if v[c], err = strconv.ParseFloat(part, 64); err != nil {
			return v, err
		}
	}
	return v, nil
}
