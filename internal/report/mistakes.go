package report

import (
	"cmp"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
)

// Bounds of the part with thumbnails.
const (
	shownMistakes     = 20
	maxThumbnailBytes = 40 << 10
)

// A mistake is a wrong prediction on the page.
type mistake struct {
	Path, Label, Predicted        string
	Probability, LabelProbability float64
	Image                         template.URL // "" when there is no thumbnail.
}

// worstMistakes returns the wrong predictions that the model was surest of.
func worstMistakes(d Data) []mistake {
	var wrong []Prediction
	for _, p := range d.Predictions {
		if p.Label != p.Predicted && inRange(p.Label, len(d.Classes)) && inRange(p.Predicted, len(d.Classes)) {
			wrong = append(wrong, p)
		}
	}
	slices.SortStableFunc(wrong, func(a, b Prediction) int { return cmp.Compare(b.Probability, a.Probability) })
	var mistakes []mistake
	for _, p := range wrong[:min(shownMistakes, len(wrong))] {
		mistakes = append(mistakes, mistake{
			Path: p.Path, Label: d.Classes[p.Label], Predicted: d.Classes[p.Predicted],
			Probability: p.Probability, LabelProbability: p.LabelProbability,
			Image: thumbnail(d, p.Path),
		})
	}
	return mistakes
}

// thumbnail returns the image as a data: URI, or "" if there is none that a
// browser shows.
func thumbnail(d Data, path string) template.URL {
	if d.Thumbnail == nil {
		return ""
	}
	b, err := d.Thumbnail(path)
	if err != nil || len(b) > maxThumbnailBytes {
		return ""
	}
	switch kind := http.DetectContentType(b); kind {
	case "image/png", "image/jpeg", "image/gif":
		return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b))
	}
	return ""
}
