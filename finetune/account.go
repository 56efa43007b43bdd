package finetune

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"io/fs"
	"os"

	"finetune/augment"
	"finetune/internal/report"

	"go.yaml.in/yaml/v3"
)

// accuracy returns what a report says of an evaluation.
func (e *Evaluation) accuracy() report.Accuracy {
	return report.Accuracy{N: e.N, Top1: e.Top1, Top1CI95: e.Top1CI95, Top5: e.Top5, MeanPerClass: e.MeanPerClass, Loss: e.Loss}
}

// curves returns the steps and epochs of a report.
func curves(metrics []metric) (steps []report.Step, epochs []report.Epoch) {
	for _, m := range metrics {
		switch {
		case m.Kind == "step":
			steps = append(steps, report.Step{
				Step: m.Step, Epoch: m.Epoch, Loss: m.Loss, PerturbedLoss: m.PerturbedLoss, GradNorm: m.GradNorm, LearningRate: m.LearningRate,
			})
		case m.Kind == "epoch":
			epochs = append(epochs, report.Epoch{
				Epoch: m.Epoch, LastStep: m.Step, TrainLoss: m.Loss, TrainAccuracy: m.Accuracy, Seconds: m.Seconds,
			})
		case m.Kind == "evaluation" && len(epochs) > 0:
			last := &epochs[len(epochs)-1]
			last.Evaluated, last.Loss, last.Top1 = true, m.Loss, m.Accuracy
		}
	}
	return steps, epochs
}

// reportPredictions returns the predictions of a report.
func reportPredictions(predictions []Prediction) []report.Prediction {
	list := make([]report.Prediction, len(predictions))
	for i, p := range predictions {
		list[i] = report.Prediction(p)
	}
	return list
}

// method returns the optimizer of a run in words.
func method(c Config) string {
	base := BaseOptimizer(c.Optimizer)
	if rho(c, c.Epochs) == 0 {
		return base
	}
	if c.SAMFrom > 1 {
		return fmt.Sprintf("SAM (rho %g, from epoch %d) on %s", c.Rho, c.SAMFrom, base)
	}
	return fmt.Sprintf("SAM (rho %g) on %s", c.Rho, base)
}

// pairs returns the keys and values of a YAML or JSON file, in its order.
func pairs(path string) ([][2]string, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, &DataError{err}
	}
	list, err := mappingPairs(document)
	if err != nil {
		return nil, &DataError{fmt.Errorf("%s: %w", path, err)}
	}
	return list, nil
}

// mappingPairs returns the keys and values of a YAML mapping, in its order.
func mappingPairs(document []byte) ([][2]string, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, err
	}
	var list [][2]string
	if len(root.Content) == 1 {
		for fields := root.Content[0].Content; len(fields) >= 2; fields = fields[2:] {
			list = append(list, [2]string{fields[0].Value, fields[1].Value})
		}
	}
	return list, nil
}

// thumbnailSide is the longer side of a report's thumbnails, pixels.
const thumbnailSide = 160

// thumbnail returns a small JPEG of an image.
func thumbnail(fsys fs.FS, path string) ([]byte, error) {
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil, err
	}
	m, err := augment.Decode(data, augment.DecodeOptions{})
	if err != nil {
		return nil, err
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	scale := min(1, thumbnailSide/float64(max(w, h)))
	small := augment.Resample(m, augment.Box{X1: float64(w), Y1: float64(h)},
		max(1, int(float64(w)*scale)), max(1, int(float64(h)*scale)), augment.Bilinear)
	var file bytes.Buffer
	err = jpeg.Encode(&file, small, &jpeg.Options{Quality: 80})
	return file.Bytes(), err
}
