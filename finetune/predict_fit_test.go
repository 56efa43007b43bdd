package finetune

import (
	"slices"
	"strings"
	"testing"

	"finetune/weights"
)

// TestPredictTells reads what Predict says of files that leave something open.
func TestPredictTells(t *testing.T) {
	stated := mustLookup(t)
	for _, c := range []struct {
		name     string
		metadata map[string]string
		size     int // That the preprocessing states.
		want     []string
	}{
		{"all stated", map[string]string{metaClasses: `["cat","ant","bee"]`}, 224, nil},
		{"no classes", nil, 224, []string{"mine states no class names: its classes are called by number"}},
		{"another size", map[string]string{metaClasses: `["cat","ant","bee"]`}, 64,
			[]string{"mine has an input of height 224 and width 224, and is run at the 64 pixels that its preprocessing states"}},
	} {
		b := namedBackbone(t, c.metadata[metaClasses], 3)
		b.name, b.preprocessing, b.preprocessingFrom = "mine", stated, fromMetadata
		b.preprocessing.InputSize = c.size
		var notices []string
		b.notePrediction(func(e Event) { notices = append(notices, e.Message) })
		if !slices.Equal(notices, c.want) {
			t.Errorf("%s: notices %q, want %q", c.name, notices, c.want)
		}
	}
}

// TestPredictTellsOfARow predicts with a file of the table: all that it needs
// is known, but not from itself.
func TestPredictTellsOfARow(t *testing.T) {
	var notices []string
	_, err := Predict(t.Context(), DefaultBackbone, nil, PredictConfig{}, func(e Event) {
		if e.Kind == KindNotice {
			notices = append(notices, e.Message)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	row := weights.Table()[0].Name
	if len(notices) != 2 || !strings.Contains(notices[0], "no class names") || !strings.Contains(notices[1], "no preprocessing; taken from row "+row) {
		t.Errorf("notices %q, want two: of class names and of preprocessing of row %s", notices, row)
	}
}
