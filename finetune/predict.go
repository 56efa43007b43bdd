package finetune

import (
	"context"
	"errors"
)

// A ClassScore is a class and its probability.
type ClassScore struct {
	Class       string  `json:"class"`
	Label       int     `json:"label"`
	Probability float64 `json:"probability"` // In [0, 1].
}

// An ImagePrediction is the model's answer for an image file.
type ImagePrediction struct {
	Path string       `json:"path"`
	Top  []ClassScore `json:"top"` // Best first.
}

// Predict classifies image files by the ONNX file model, with the
// preprocessing and the class names that the file itself states. It returns
// the topK best classes of each image, in the order of images.
func Predict(ctx context.Context, model string, images []string, topK int) ([]ImagePrediction, error) {
	return nil, errors.New("finetune: not built yet")
}
