package finetune

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// resume takes the state of a checkpoint.
func (t *trainer) resume(c *checkpoint) error {
	if c.StepsPerEpoch != t.perEpoch || c.BackboneSHA256 != t.header.BackboneSHA256 {
		return &DataError{fmt.Errorf("checkpoint of %d steps an epoch and backbone %s: this run has %d and %s",
			c.StepsPerEpoch, c.BackboneSHA256, t.perEpoch, t.header.BackboneSHA256)}
	}
	if key := changedKey(c.Config, t.config); key != "" {
		return &ConfigError{key, configValue(t.config, key), "as the run that is resumed: " + configValue(c.Config, key)}
	}
	if err := t.engine.restore(c, t.optimizer); err != nil {
		return &DataError{fmt.Errorf("checkpoint: %w", err)}
	}
	t.step, t.meter, t.images, t.bad.paths = c.Step, c.Epoch, c.TrainImages, c.BadImages
	t.seconds, t.waited = c.TrainSeconds, c.WaitSeconds
	return nil
}

// freeKeys may change when a run is resumed: training does not depend on them,
// but for the rounding of other kernels.
var freeKeys = []string{"data", "threads", "kernels", "output", "limit-test", "on-bad-image"}

// changedKey returns the first key of config.yaml that differs between a run
// and its resumption and that may not; "" if there is none.
func changedKey(before, now Config) string {
	a, b := configPairs(before), configPairs(now)
	for i := range a {
		if a[i] != b[i] && !slices.Contains(freeKeys, a[i][0]) {
			return a[i][0]
		}
	}
	return ""
}

func configValue(c Config, key string) string {
	for _, pair := range configPairs(c) {
		if pair[0] == key {
			return pair[1]
		}
	}
	return ""
}

// configPairs returns the keys of config.yaml and their values.
func configPairs(c Config) [][2]string {
	data, err := yaml.Marshal(c)
	if err != nil {
		panic(err) // Numbers and strings always marshal.
	}
	list, err := mappingPairs(data)
	if err != nil {
		panic(err)
	}
	return list
}
