package report_test

import (
	"fmt"
	"strings"

	"finetune/internal/report"
)

func ExampleWrite() {
	var page strings.Builder
	err := report.Write(&page, report.Data{
		Title:       "two flowers",
		After:       report.Accuracy{N: 2, Top1: 0.5},
		Classes:     []string{"rose", "tulip"},
		Predictions: []report.Prediction{{Path: "1.jpg", Label: 0, Predicted: 0}, {Path: "2.jpg", Label: 1, Predicted: 0}},
	})
	fmt.Println(err, strings.Contains(page.String(), "tulip taken for rose: 1 of 1"))
	// Output: <nil> true
}
