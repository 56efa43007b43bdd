package weights

import (
	"math"
	"strings"
	"testing"
)

func TestMetadataRoundTrip(t *testing.T) {
	odd := Preprocessing{
		InputSize: 299, Crop: 1.0 / 3, Interpolation: "bilinear", Channels: "BGR", Layout: "NHWC",
		Mean: [3]float64{-0.1, 1e-300, 123.68}, Std: [3]float64{math.Pi, 5e-324, 1e300},
	}
	all := []Preprocessing{odd}
	for _, info := range Table() {
		all = append(all, info.Preprocessing)
	}
	for _, want := range all {
		metadata := want.Metadata()
		metadata["author"] = "somebody"
		got, ok, err := PreprocessingFrom(metadata)
		if got != want || !ok || err != nil {
			t.Errorf("%+v, %v, %v, want %+v", got, ok, err, want)
		}
	}
	if _, ok, err := PreprocessingFrom(map[string]string{"finetune.classes": "a"}); ok || err != nil {
		t.Errorf("without an entry: %v, %v, want false and no error", ok, err)
	}
}

func TestPreprocessingFromRefuses(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"input_size", "", `metadata finetune.preprocessing.input_size is ""`},
		{"input_size", "0", "input size is 0, want 1 to 4096 pixels"},
		{"input_size", "99999999999999999999", "out of range"},
		{"input_size", "5000", "input size is 5000"},
		{"crop", "nan", "crop is NaN"},
		{"crop", "1.01", "crop is 1.01, want above 0 and at most 1"},
		{"interpolation", "lanczos", `interpolation is "lanczos"`},
		{"channels", "rgb", `channels are "rgb", want RGB or BGR`},
		{"layout", "", `layout is ""`},
		{"mean", "1,2", "2 numbers, want 3"},
		{"mean", "1,2,inf", "mean of channel 2 is +Inf"},
		{"std", "1,x,1", "invalid syntax"},
		{"std", "1,0,1", "std of channel 1 is 0"},
		{"std", "1,-1,1", "std of channel 1 is -1"},
		{"colour_space", "linear", "finetune.preprocessing.colour_space is unknown"},
	}
	for _, test := range tests {
		metadata := table[0].Metadata()
		metadata[keyPrefix+test.key] = test.value
		_, ok, err := PreprocessingFrom(metadata)
		if !ok || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s = %q: %v, %v, want %q", test.key, test.value, ok, err, test.want)
		}
	}
	for key := range table[0].Metadata() {
		metadata := table[0].Metadata()
		delete(metadata, key)
		if _, ok, err := PreprocessingFrom(metadata); !ok || err == nil || !strings.Contains(err.Error(), "metadata has no "+key) {
			t.Errorf("without %s: %v, %v", key, ok, err)
		}
	}
}

func FuzzPreprocessingFrom(f *testing.F) {
	f.Add("224", "0.875", "127,127,127", "128,128,128")
	f.Add("-1", "1e-400", "0x1p-2,1,1", "1,1,")
	f.Fuzz(func(t *testing.T, size, crop, mean, std string) {
		metadata := table[0].Metadata()
		metadata[keyPrefix+"input_size"] = size
		metadata[keyPrefix+"crop"] = crop
		metadata[keyPrefix+"mean"] = mean
		metadata[keyPrefix+"std"] = std
		p, _, err := PreprocessingFrom(metadata)
		if err != nil {
			return
		}
		if again, _, err := PreprocessingFrom(p.Metadata()); again != p || err != nil {
			t.Errorf("%+v, %v, want %+v", again, err, p)
		}
	})
}
