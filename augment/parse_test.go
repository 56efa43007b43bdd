package augment

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ spec, want string }{
		{"none", "none"},
		{" none ", "none"},
		{"random_resized_crop", "random_resized_crop(224,0.35,1)"},
		{"random_resized_crop()", "random_resized_crop(224,0.35,1)"},
		{"random_resized_crop(0.08,1)", "random_resized_crop(224,0.08,1)"},
		{"random_resized_crop(160)", "random_resized_crop(160,0.35,1)"},
		{"random_resized_crop(160,0.5,0.9)", "random_resized_crop(160,0.5,0.9)"},
		{"random_resized_crop(224,0.35,1)|flip|color_jitter(0.2)", "random_resized_crop(224,0.35,1)|flip(0.5)|color_jitter(0.2,0.2,0.2)"},
		{"color_jitter(0.4,0,0.2)", "color_jitter(0.4,0,0.2)"},
		{" rotate ( 15 ) | random_erasing( 0.25 )", "rotate(15)|random_erasing(0.25,0.02,0.33)"},
		{"center_crop(0.875)|resize", "center_crop(0.875)|resize(224)"},
		{"resize(256)|flip(1)", "resize(256)|flip(1)"},
	} {
		p, err := Parse(c.spec, 224, Bicubic)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.spec, err)
			continue
		}
		if got := p.String(); got != c.want {
			t.Errorf("Parse(%q) is %q, want %q", c.spec, got, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		spec   string
		column int
		parts  string // Of the message, separated by "; ".
	}{
		{"", 1, `transform ""; want one of center_crop(share), color_jitter(`},
		{"flip|", 6, `transform ""`},
		{"flip| flipp", 7, `transform "flipp"; flip(p); random_erasing; resize(size); none alone`},
		{"none|flip", 1, `transform "none"`},
		{"rotate", 1, "0 arguments; want rotate(degrees)"},
		{"flip(0.5,1)", 1, "2 arguments; want flip(p)"},
		{"flip|rotate(fast)", 13, `"fast"; want a number, as in rotate(degrees)`},
		{"flip(", 6, "no ); want flip(p)"},
		{"flip(0.5) resize", 11, `"resize"; want | or the end`},
		{"flip(1.5)", 6, "1.5; want a number from 0 to 1"},
		{"flip(NaN)", 6, "NaN; want a number from 0 to 1"},
		{"rotate(+Inf)", 8, "+Inf; want a number from 0 to 180"},
		{"random_resized_crop(0,1)", 21, "0; from 1e-06 to 1"},
		{"random_resized_crop(0.9, 0.5)", 26, "0.5; from 0.9 to 1"},
		{"random_resized_crop(0.5)", 21, "0.5; from 1 to 4096"},
		{"resize(10.5)", 8, "10.5; whole number of pixels"},
		{"color_jitter(1,2)", 1, "2 arguments"},
		{"center_crop(0)", 13, "0; from 1e-06 to 1"},
	} {
		_, err := Parse(c.spec, 224, Bicubic)
		var specError *SpecError
		if !errors.As(err, &specError) {
			t.Errorf("Parse(%q): error is %v, want a *SpecError", c.spec, err)
			continue
		}
		if specError.Column != c.column {
			t.Errorf("Parse(%q): column is %d, want %d", c.spec, specError.Column, c.column)
		}
		for _, part := range strings.Split(c.parts, "; ") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("Parse(%q): error is %q, want %q in it", c.spec, err, part)
			}
		}
	}
	for _, size := range []int{0, -1, maxSize + 1} {
		if _, err := Parse("flip", size, Bicubic); err == nil {
			t.Errorf("Parse takes an input size of %d", size)
		}
	}
}

func TestTraining(t *testing.T) {
	for _, c := range []struct{ spec, want, err string }{
		{"none", "center_crop(0.875)|resize(64)", ""},
		{"flip", "center_crop(0.875)|resize(64)|flip(0.5)", ""},
		{"random_resized_crop|flip", "random_resized_crop(64,0.35,1)|flip(0.5)", ""},
		{"random_resized_crop(32)|resize", "random_resized_crop(32,0.35,1)|resize(64)", ""},
		{"random_resized_crop(32)|flip", "", "ends in 32×32 pictures, want 64×64"},
		{"resize(80)|center_crop(0.8)", "", "of many sizes, want 64×64"},
		{"flop", "", "column 1"},
	} {
		p, err := Training(c.spec, 64, 0.875, Bicubic)
		switch {
		case c.err == "" && (err != nil || p.String() != c.want):
			t.Errorf("Training(%q) is %q, %v, want %q", c.spec, p, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("Training(%q): error is %v, want %q", c.spec, err, c.err)
		}
	}
}

func TestParseInterpolation(t *testing.T) {
	for _, want := range []Interpolation{Bicubic, Bilinear} {
		if got, err := ParseInterpolation(want.String()); err != nil || got != want {
			t.Errorf("ParseInterpolation(%q) is %v, %v", want, got, err)
		}
	}
	if _, err := ParseInterpolation("lanczos"); err == nil {
		t.Error("lanczos is taken")
	}
}

func FuzzParse(f *testing.F) {
	for _, spec := range []string{
		"none", "random_resized_crop(224,0.35,1)|flip|color_jitter(0.2)", "rotate(15)|random_erasing(0.25)",
		"center_crop(0.875)|resize(224)", "flip(", "|", "rotate(1e-300)", "flip(0x1p-2)", "color_jitter( 1 , 2,3 )",
	} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := Parse(spec, 224, Bilinear)
		var specError *SpecError
		if err != nil {
			if !errors.As(err, &specError) || specError.Column < 1 || specError.Column > len(spec)+1 {
				t.Fatalf("error is %#v", err)
			}
			return
		}
		again, err := Parse(p.String(), 224, Bilinear)
		if err != nil {
			t.Fatalf("String is %q: %v", p, err)
		}
		if len(again) != len(p) {
			t.Fatalf("%q gives %d transforms, want %d", p, len(again), len(p))
		}
		for i := range p {
			if again[i] != p[i] {
				t.Fatalf("transform %d of %q is %v, want %v", i, p, again[i], p[i])
			}
		}
	})
}
