package finetune

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestDefaultsAreValid(t *testing.T) {
	for _, task := range []string{"flowers", "cars", "pets", "fashion-mnist", "folder", "another"} {
		if err := Defaults(task).Check(); err != nil {
			t.Errorf("Defaults(%q): %v", task, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		key    string
		change func(c *Config)
	}{
		{"epochs", func(c *Config) { c.Epochs = -1 }},
		{"batch", func(c *Config) { c.Batch = 0 }},
		{"rho", func(c *Config) { c.Rho = -0.1 }},
		{"rho", func(c *Config) { c.Rho = math.NaN() }},
		{"rho", func(c *Config) { c.Rho = math.Inf(1) }},
		{"sam-from", func(c *Config) { c.SAMFrom = 0 }},
		{"optimizer", func(c *Config) { c.Optimizer = "adam" }},
		{"lr", func(c *Config) { c.LearningRate = 0 }},
		{"lr", func(c *Config) { c.LearningRate = math.NaN() }},
		{"momentum", func(c *Config) { c.Momentum = 1 }},
		{"label-smoothing", func(c *Config) { c.LabelSmoothing = math.NaN() }},
		{"warmup", func(c *Config) { c.Warmup = float64(c.Epochs) + 1 }},
		{"schedule", func(c *Config) { c.Schedule = "linear" }},
		{"bn", func(c *Config) { c.BatchNorm = "" }},
		{"train", func(c *Config) { c.Train = "last:0" }},
		{"train", func(c *Config) { c.Train = "last:" }},
		{"augment", func(c *Config) { c.Augment = "flap" }},
		{"augment", func(c *Config) { c.Augment = "color_jitter(" }},
		{"input-size", func(c *Config) { c.InputSize = -32 }},
		{"train-scale", func(c *Config) { c.TrainScale = 0 }},
		{"train-scale", func(c *Config) { c.TrainScale = math.NaN() }},
		{"input-size", func(c *Config) { c.InputSize = 1 << 20 }},
		{"on-bad-image", func(c *Config) { c.OnBadImage = "replace" }},
		{"threads", func(c *Config) { c.Threads = -2 }},
		{"threads", func(c *Config) { c.Threads = 1e9 }},
	} {
		c := Defaults("flowers")
		test.change(&c)
		err := c.Check()
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Key != test.key || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", test.key, err)
		}
	}
}

func TestCheckFindsAll(t *testing.T) {
	c := Defaults("flowers")
	c.Batch, c.Rho, c.Train = 0, -1, "tail"
	if got := strings.Count(c.Check().Error(), "\n"); got != 2 {
		t.Errorf("%d line breaks, want 2: %v", got, c.Check())
	}
}

func ExampleConfig_Check() {
	c := Defaults("flowers")
	c.Epochs = -1
	fmt.Println(c.Check())
	// Output: epochs is -1, want 0 or more
}
