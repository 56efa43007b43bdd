package finetune

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

// predictionsCSV returns predictions.csv: a line for each image of the
// evaluation, with class names.
func predictionsCSV(e *Evaluation) ([]byte, error) {
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	if err := w.Write([]string{"path", "label", "predicted", "probability", "label_probability"}); err != nil {
		return nil, fmt.Errorf("%s: %w", predictionsFile, err)
	}
	for _, p := range e.Predictions {
		err := w.Write([]string{p.Path, e.Classes[p.Label], e.Classes[p.Predicted], probability(p.Probability), probability(p.LabelProbability)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", predictionsFile, err)
		}
	}
	w.Flush()
	return file.Bytes(), w.Error()
}

func probability(p float64) string { return strconv.FormatFloat(p, 'f', 5, 64) }
