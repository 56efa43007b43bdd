package finetune

import (
	"context"
	"errors"
)

// A Result is what a run gives back.
type Result struct {
	Summary Summary
	Run     string // Run folder.
	Model   string // Path of model.onnx; "" when nothing was trained.
	Report  string // Path of report.html.

	Before *Evaluation // With the fresh head, on some of the test images; nil if not done.
	After  *Evaluation // Of the trained model.
}

// Run trains as c says and writes the run folder.
//
// It returns an error that wraps ErrInterrupted when ctx is canceled, after
// saving a checkpoint; one that wraps ErrDiverged when the loss is not finite;
// a *DataError or a *ModelError when those are at fault.
func Run(ctx context.Context, c Config, observe Observer) (*Result, error) {
	return nil, errors.New("finetune: not built yet")
}
