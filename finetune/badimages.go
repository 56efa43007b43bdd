package finetune

import (
	"fmt"
	"slices"

	"finetune/tasks"
)

// badImages says what becomes of images that cannot be decoded: by the policy
// skip they do not count, and the first time each is named in a notice;
// otherwise the first one is an error.
type badImages struct {
	policy  string   // skip, fail, or "" where there is no choice.
	paths   []string // Skipped, each once, in the order they were met.
	observe Observer
}

// check looks at the rows of a batch.
func (b *badImages) check(batch *Batch, examples []tasks.Example) error {
	for row, sample := range batch.Samples {
		err := batch.errs[row]
		if err == nil {
			continue
		}
		switch b.policy {
		case "":
			return &DataError{fmt.Errorf("image %w", err)}
		case "fail":
			return &DataError{fmt.Errorf("image %w (--on-bad-image skip leaves such images out)", err)}
		}
		if path := examples[sample].Path; !slices.Contains(b.paths, path) {
			b.paths = append(b.paths, path)
			b.observe.notice(fmt.Sprintf("skipped image %v", err))
		}
	}
	return nil
}
