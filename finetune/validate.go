package finetune

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"finetune/augment"
)

// A ConfigError is about the value of one key of a Config.
type ConfigError struct {
	Key   string // As in config.yaml, such as "clip-norm".
	Value any
	Want  string // What values are allowed.
}

// Error names the key, the value that was found, and what was wanted.
func (e *ConfigError) Error() string {
	if s, ok := e.Value.(string); ok {
		return fmt.Sprintf("%s is %q, want %s", e.Key, s, e.Want)
	}
	return fmt.Sprintf("%s is %v, want %s", e.Key, e.Value, e.Want)
}

// maxInputSize is the largest side of a model's input, in pixels.
const maxInputSize = 4096

// leastStd is below that of any data set; it keeps inputs finite.
const leastStd = 1e-3

// Check looks at every value that can be judged without data and backbone. It
// returns a *ConfigError for each that is wrong, joined, or nil.
func (c Config) Check() error {
	return errors.Join(
		oneOf("optimizer", c.Optimizer, "sam", "sgd", "adamw", "sam+sgd", "sam+adamw"),
		between("rho", c.Rho, 0, math.MaxFloat64),
		atLeast("sam-from", c.SAMFrom, 1),
		between("clip-norm", c.ClipNorm, 0, math.MaxFloat64),
		atLeast("epochs", c.Epochs, 0),
		atLeast("batch", c.Batch, 1),
		positive("lr", c.LearningRate),
		between("head-lr", c.HeadLR, 0, math.MaxFloat64),
		between("weight-decay", c.WeightDecay, 0, math.MaxFloat64),
		below1("momentum", c.Momentum),
		below1("label-smoothing", c.LabelSmoothing),
		validWarmup(c.Warmup, c.Epochs),
		oneOf("schedule", c.Schedule, "cosine", "step", "constant"),

		c.checkPreprocessing(),

		oneOf("bn", c.BatchNorm, "frozen", "train"),
		validTrain(c.Train),
		validAugment(c.Augment, c.InputSize),
		above0To1("train-scale", c.TrainScale),

		atLeast("limit-train", c.LimitTrain, 0),
		atLeast("limit-test", c.LimitTest, 0),
		oneOf("on-bad-image", c.OnBadImage, "skip", "fail"),
		validThreads(c.Threads),
		validKernels(c.Kernels),
	)
}

// checkPreprocessing is Check of what is stated of the backbone's images.
func (c Config) checkPreprocessing() error {
	return errors.Join(
		validShares("mean", c.Mean, 0),
		validShares("std", c.Std, leastStd),
		between("crop-pct", c.CropPct, 0, 1),
		oneOf("interpolation", cmp.Or(c.Interpolation, assumedInterpolation), "bilinear", "bicubic"),
		validInputSize(c.InputSize),
	)
}

func oneOf(key, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	last := len(allowed) - 1
	return &ConfigError{key, value, strings.Join(allowed[:last], ", ") + " or " + allowed[last]}
}

func atLeast(key string, value, least int) error {
	if value < least {
		return &ConfigError{key, value, fmt.Sprintf("%d or more", least)}
	}
	return nil
}

// mostThreads is more than a processor has cores; far more would wait for memory of their own.
const mostThreads = 1024

func validThreads(n int) error {
	if n < 0 || n > mostThreads {
		return &ConfigError{"threads", n, fmt.Sprintf("0 to %d", mostThreads)}
	}
	return nil
}

// between also refuses NaN, as the functions below do.
func between(key string, value, low, high float64) error {
	switch {
	case value >= low && value <= high:
		return nil
	case high == math.MaxFloat64:
		return &ConfigError{key, value, fmt.Sprintf("%v or more", low)}
	}
	return &ConfigError{key, value, fmt.Sprintf("%v to %v", low, high)}
}

func positive(key string, value float64) error {
	if value > 0 && value <= math.MaxFloat64 {
		return nil
	}
	return &ConfigError{key, value, "more than 0"}
}

func above0To1(key string, value float64) error {
	if value > 0 && value <= 1 {
		return nil
	}
	return &ConfigError{key, value, "more than 0, and at most 1"}
}

func below1(key string, value float64) error {
	if value >= 0 && value < 1 {
		return nil
	}
	return &ConfigError{key, value, "0 or more, and less than 1"}
}

// validWarmup leaves the upper bound to a number of epochs that makes sense.
func validWarmup(warmup float64, epochs int) error {
	if epochs < 1 {
		return between("warmup", warmup, 0, math.MaxFloat64)
	}
	return between("warmup", warmup, 0, float64(epochs))
}

func validTrain(value string) error {
	if value == "all" || value == "head" {
		return nil
	}
	if count, ok := strings.CutPrefix(value, "last:"); ok {
		if n, err := strconv.Atoi(count); err == nil && n >= 1 {
			return nil
		}
	}
	return &ConfigError{"train", value, "all, head or last:N with N ≥ 1 parameter tensors"}
}

func validInputSize(size int) error {
	if size == 0 || (size >= 8 && size <= maxInputSize) {
		return nil
	}
	return &ConfigError{"input-size", size, fmt.Sprintf("0 (the backbone's) or 8 to %d pixels", maxInputSize)}
}

// validAugment checks the words of the spec; whether it ends in the right size
// is known when the backbone is.
func validAugment(spec string, inputSize int) error {
	if spec == "" {
		return nil
	}
	if inputSize < 8 || inputSize > maxInputSize {
		inputSize = 224
	}
	_, err := augment.Parse(spec, inputSize, augment.Bicubic)
	var wrong *augment.SpecError
	if errors.As(err, &wrong) {
		return &ConfigError{"augment", spec, fmt.Sprintf("%s, at column %d, not %s", wrong.Want, wrong.Column, wrong.Found)}
	}
	return err
}
