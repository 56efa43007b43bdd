package finetune

import (
	"errors"
	"strings"
	"testing"

	"finetune/weights"
)

func TestFindPreprocessing(t *testing.T) {
	inFile := weights.Preprocessing{
		InputSize: 99, Crop: 1, Interpolation: "bilinear", Channels: "BGR", Layout: "NCHW", Std: [3]float64{1, 1, 1},
	}
	imagenet := stated{mean: "0.4,0.5,0.6", std: "0.2, 0.2, 0.2"}
	lite := weights.Table()[0].Preprocessing
	flagged := lite
	flagged.Crop, flagged.Mean = 0.9, [3]float64{102, 127.5, 153}
	for _, test := range []struct {
		name     string
		metadata map[string]string
		like     string
		stated   stated
		want     weights.Preprocessing
		from     string
		notice   string
	}{
		{"file", inFile.Metadata(), DefaultBackbone, stated{}, inFile, "the file's metadata", ""},
		{"row", nil, DefaultBackbone, stated{}, lite, "row efficientnet_lite0.google of 'finetune models', as --backbone says", ""},
		{"flags over row", nil, DefaultBackbone, stated{mean: "0.4,0.5,0.6", crop: 0.9}, flagged,
			"--mean, --crop-pct over row efficientnet_lite0.google of 'finetune models', as --backbone says", ""},
		{"flags alone", nil, "", imagenet, weights.Preprocessing{
			InputSize: 224, Crop: 0.875, Interpolation: "bilinear", Channels: "RGB", Layout: "NCHW",
			Mean: [3]float64{102, 127.5, 153}, Std: [3]float64{51, 51, 51},
		}, "flags; assumed: channels RGB, --crop-pct 0.875, --interpolation bilinear", "assumed besides the flags: channels RGB"},
	} {
		b := namedBackbone(t, "", 3)
		b.name, b.sha256, b.model.Metadata = "mine", "0", test.metadata
		var notice string
		err := b.findPreprocessing(weights.Info{Name: "mine"}, test.like, test.stated, func(e Event) { notice = e.Message })
		if err != nil || b.preprocessing != test.want || b.preprocessingFrom != test.from || !strings.Contains(notice, test.notice) {
			t.Errorf("%s: %+v from %q, %v, notice %q\nwant %+v from %q", test.name, b.preprocessing, b.preprocessingFrom, err, notice, test.want, test.from)
		}
	}
}

// TestNoPreprocessing does not guess.
func TestNoPreprocessing(t *testing.T) {
	for _, s := range []stated{{}, {mean: "0,0,0"}, {std: "1,1,1"}, {crop: 1, interpolation: "bicubic"}} {
		b := namedBackbone(t, "", 3)
		b.name, b.sha256 = "mine", "0"
		err := b.findPreprocessing(weights.Info{Name: "mine"}, "", s, nil)
		var model *ModelError
		if !errors.As(err, &model) || !strings.Contains(err.Error(), "--mean and --std") {
			t.Errorf("%+v: err = %v, want a ModelError that names the flags", s, err)
		}
	}
}

func TestValidShares(t *testing.T) {
	for list, valid := range map[string]bool{
		"": true, "0.485,0.456,0.406": true, "0, 1, 0.5": false, "1,1,1": true, "123,116,103": false, "0.5,0.5": false, "0.5,0.5,x": false, "NaN,0,0": false,
	} {
		if err := validShares("std", list, leastStd); (err == nil) != valid {
			t.Errorf("std %q: err = %v, want valid %v", list, err, valid)
		}
	}
	if err := validShares("mean", "0,0,0", 0); err != nil {
		t.Errorf("mean 0,0,0: err = %v, want none", err)
	}
}
