package finetune

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// keepCheckpoints is how many checkpoints stay: the second one is there for
// when the first is damaged.
const keepCheckpoints = 2

// checkpointPath returns the file for a step: epoch-NNN.ckpt at the end of an
// epoch, epoch-NNN-step-NNNNNN.ckpt within it.
func (d runDir) checkpointPath(step, stepsPerEpoch int) string {
	name := fmt.Sprintf("epoch-%03d.ckpt", step/stepsPerEpoch)
	if step%stepsPerEpoch != 0 {
		name = fmt.Sprintf("epoch-%03d-step-%06d.ckpt", epochOf(step, stepsPerEpoch), step)
	}
	return filepath.Join(string(d), checkpointDir, name)
}

// checkpoints returns the paths of the checkpoints, newest first.
func (d runDir) checkpoints() ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(string(d), checkpointDir, "epoch-*.ckpt"))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(paths, func(a, b string) int {
		epochA, stepA := parseCheckpointName(a)
		epochB, stepB := parseCheckpointName(b)
		return cmp.Or(cmp.Compare(epochB, epochA), cmp.Compare(stepB, stepA))
	})
	return paths, nil
}

// parseCheckpointName returns the epoch of a checkpoint and its step, or a
// large number when it is of the epoch's end.
func parseCheckpointName(path string) (epoch, step int) {
	name := filepath.Base(path)
	if n, _ := fmt.Sscanf(name, "epoch-%d-step-%d.ckpt", &epoch, &step); n < 2 {
		step = int(^uint(0) >> 1)
	}
	return epoch, step
}

// saveCheckpoint writes c and removes all but the newest checkpoints.
func (d runDir) saveCheckpoint(c *checkpoint) error {
	if err := c.write(d.checkpointPath(c.Step, c.StepsPerEpoch)); err != nil {
		return &DataError{err}
	}
	paths, err := d.checkpoints()
	if err != nil {
		return err
	}
	for _, old := range paths[min(keepCheckpoints, len(paths)):] {
		if err := os.Remove(old); err != nil {
			return &DataError{fmt.Errorf("checkpoint: %w", err)}
		}
	}
	return nil
}

// newestCheckpoint returns the newest checkpoint that can be read, and says
// in notice what was wrong with a newer one.
func (d runDir) newestCheckpoint() (c *checkpoint, notice string, err error) {
	paths, err := d.checkpoints()
	if err != nil {
		return nil, "", err
	}
	if len(paths) == 0 {
		return nil, "", &DataError{fmt.Errorf("run folder %s: no checkpoint in %s", string(d), checkpointDir)}
	}
	var wrong []error
	for _, path := range paths {
		c, err := readCheckpoint(path)
		if err == nil {
			if len(wrong) > 0 {
				notice = fmt.Sprintf("%v; going on from %s", errors.Join(wrong...), filepath.Base(path))
			}
			return c, notice, nil
		}
		wrong = append(wrong, err)
	}
	return nil, "", &DataError{errors.Join(wrong...)}
}
