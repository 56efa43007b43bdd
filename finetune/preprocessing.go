package finetune

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"finetune/weights"
)

// A stated is what a Config says about preprocessing.
type stated struct {
	mean, std     string // Three numbers on 0..1, "a,b,c"; "" if it does not say.
	crop          float64
	interpolation string
	inputSize     int // Pixels.
}

func (c Config) stated() stated {
	return stated{c.Mean, c.Std, c.CropPct, c.Interpolation, c.InputSize}
}

// What is assumed of a model of which only mean and std are known.
const (
	assumedCrop          = 0.875
	assumedInterpolation = "bilinear"
)

// findPreprocessing sets what the backbone wants done to images: what the file
// itself states, else what package weights has of the row that the file is or
// of the row called like. What s states holds over these; of a file of which
// nothing is known it has to state mean and std, and a notice tells what is
// assumed besides.
func (b *backbone) findPreprocessing(info weights.Info, like string, s stated, observe Observer) error {
	p, source, err := b.knownPreprocessing(info, like)
	if err != nil {
		return err
	}
	flags := s.apply(&p)
	switch {
	case source == "" && (s.mean == "" || s.std == ""):
		return &ModelError{fmt.Errorf("%s states no preprocessing and is no file that 'finetune models' lists: "+
			"say with --mean and --std what its images were normalized by (on 0..1; torchvision's are 0.485,0.456,0.406 and 0.229,0.224,0.225), "+
			"or as ROW=FILE.onnx whose row of that list it was trained like", b.name)}
	case source == "":
		if source, err = b.assume(&p, s, observe); err != nil {
			return err
		}
	case flags != "":
		source = flags + " over " + source
	}
	p.Layout = b.model.Layout()
	b.preprocessing, b.preprocessingFrom = p, source
	if err := p.Validate(); err != nil {
		return &ModelError{fmt.Errorf("%s: %w", b.name, err)}
	}
	return nil
}

// fromMetadata says that the file itself states its preprocessing.
const fromMetadata = "the file's metadata"

// knownPreprocessing returns what is known without flags, and where it is from;
// "" if nothing is.
func (b *backbone) knownPreprocessing(info weights.Info, like string) (weights.Preprocessing, string, error) {
	p, found, err := weights.PreprocessingFrom(b.model.Metadata)
	if err != nil {
		return p, "", &ModelError{fmt.Errorf("%s: %w", b.name, err)}
	}
	if found {
		return p, fromMetadata, nil
	}
	for _, row := range weights.Table() {
		if row.Name == info.Name || row.SHA256 == b.sha256 {
			return row.Preprocessing, "row " + row.Name + " of 'finetune models', which the file is", nil
		}
	}
	if like == "" {
		return p, "", nil
	}
	row, err := weights.Lookup(like)
	var unknown *weights.NameError
	if errors.As(err, &unknown) {
		return p, "", backboneError(unknown)
	}
	return row.Preprocessing, "row " + row.Name + " of 'finetune models', as --backbone says", err
}

// assume completes p by what s leaves open, and tells so.
func (b *backbone) assume(p *weights.Preprocessing, s stated, observe Observer) (source string, err error) {
	_, height, width := b.model.InputSize()
	p.InputSize = cmp.Or(s.inputSize, height)
	if s.inputSize == 0 && (height == 0 || height != width) {
		return "", &ModelError{fmt.Errorf("%s: input %q has height and width %s: say with --input-size PIXELS which square it wants",
			b.name, b.model.InputName(), openSize(height, width))}
	}
	assumed := []string{"channels RGB"}
	if p.Crop == 0 {
		p.Crop = assumedCrop
		assumed = append(assumed, fmt.Sprintf("--crop-pct %v", assumedCrop))
	}
	if p.Interpolation == "" {
		p.Interpolation = assumedInterpolation
		assumed = append(assumed, "--interpolation "+assumedInterpolation)
	}
	p.Channels = "RGB"
	source = "flags; assumed: " + strings.Join(assumed, ", ")
	observe.notice(fmt.Sprintf("%s does not say how its images are prepared; assumed besides the flags: %s", b.name, strings.Join(assumed, ", ")))
	return source, nil
}

func openSize(height, width int) string {
	if height == 0 || width == 0 {
		return "left open"
	}
	return fmt.Sprintf("%d and %d", height, width)
}

// apply writes what s states into p, and names the flags that did.
func (s stated) apply(p *weights.Preprocessing) string {
	var flags []string
	for _, triple := range []struct {
		flag, value string
		to          *[3]float64
	}{{"--mean", s.mean, &p.Mean}, {"--std", s.std, &p.Std}} {
		if v, err := parseShares(triple.value); err == nil {
			for c := range v {
				triple.to[c] = 255 * v[c]
			}
			flags = append(flags, triple.flag)
		}
	}
	if s.crop != 0 {
		p.Crop = s.crop
		flags = append(flags, "--crop-pct")
	}
	if s.interpolation != "" {
		p.Interpolation = s.interpolation
		flags = append(flags, "--interpolation")
	}
	return strings.Join(flags, ", ")
}

// parseShares reads "a,b,c", numbers on 0..1.
func parseShares(list string) (v [3]float64, err error) {
	parts := strings.Split(list, ",")
	if len(parts) != 3 {
		return v, fmt.Errorf("%d numbers, want 3", len(parts))
	}
	for c, part := range parts {
		if v[c], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return v, err
		}
		if !(v[c] >= 0 && v[c] <= 1) {
			return v, fmt.Errorf("%v, want 0 to 1", v[c])
		}
	}
	return v, nil
}

// validShares checks a key of three numbers, each at least least.
func validShares(key, list string, least float64) error {
	if list == "" {
		return nil
	}
	if v, err := parseShares(list); err != nil || min(v[0], v[1], v[2]) < least {
		return &ConfigError{key, list, fmt.Sprintf("three numbers from %v to 1, such as 0.485,0.456,0.406 (divide those on 0..255 by 255)", least)}
	}
	return nil
}
