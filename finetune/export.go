package finetune

import (
	"errors"
	"io"
)

// Export writes the fine-tuned ONNX of a run to w. run is a run folder or a
// checkpoint file in one; of a folder the finished model.onnx is taken, else
// the newest checkpoint.
func Export(run string, w io.Writer) error {
	return errors.New("finetune: not built yet")
}
