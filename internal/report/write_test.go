package report

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var keep = flag.String("keep", "", "folder to keep the sample reports in, to look at them")

func write(t *testing.T, d Data) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	for _, classes := range []int{2, 10, 102, 196} {
		t.Run(fmt.Sprint(classes), func(t *testing.T) {
			epochs, samFrom := 12, 3
			if classes <= 10 {
				epochs, samFrom = 3, 2
			}
			page := write(t, sample(classes, 8000/classes, epochs, samFrom))
			if *keep != "" {
				if err := os.WriteFile(filepath.Join(*keep, fmt.Sprintf("report%d.html", classes)), []byte(page), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			checkWellFormed(t, page)
			checkSelfContained(t, page)
			if len(page) > 3<<20 {
				t.Errorf("%d bytes, want at most 3 MiB", len(page))
			}
			if want := "<dt>data wait</dt><dd>2.1<small>"; !strings.Contains(page, want) {
				t.Errorf("no %q", want)
			}
			if got := strings.Count(page, "<svg"); got < 5 {
				t.Errorf("%d pictures, want at least 5", got)
			}
		})
	}
}

// TestWriteHopeless bounds the page of a model that guesses among many classes.
func TestWriteHopeless(t *testing.T) {
	d := sample(1000, 20, 30, 1)
	for i := range d.Predictions {
		d.Predictions[i].Predicted = (d.Predictions[i].Label*31 + i*17) % 1000
	}
	if page := write(t, d); len(page) > 5<<20 {
		t.Errorf("%d bytes, want at most 5 MiB", len(page))
	}
}

// TestWriteLittle writes reports of runs that measured next to nothing.
func TestWriteLittle(t *testing.T) {
	oneStep := Data{Title: "x", Steps: []Step{{Step: 1, Epoch: 1, Loss: 2, GradNorm: 3, LearningRate: 0.1}}}
	twoClasses := Data{Title: "x", Classes: []string{"a", "b"}, Predictions: []Prediction{{Label: 1, Predicted: 1}, {Label: 7}, {Predicted: -1}}}
	flat := Data{Title: "x", Steps: []Step{{Step: 1, Epoch: 1, LearningRate: 0.1}, {Step: 2, Epoch: 1, LearningRate: 0.1}}}
	for name, d := range map[string]Data{"nothing": {}, "one step": oneStep, "two classes": twoClasses, "flat": flat} {
		t.Run(name, func(t *testing.T) { checkWellFormed(t, write(t, d)) })
	}
}

func TestWriteEscapes(t *testing.T) {
	const evil = `<script>alert("1")</script>`
	d := sample(30, 20, 2, 1)
	for i := range d.Classes {
		d.Classes[i] = evil
	}
	for i := range d.Predictions {
		d.Predictions[i].Path = `"><img src=x onerror=alert(1)>` + evil
	}
	d.Title, d.Method, d.Protocol, d.Partial = evil, evil, evil, evil
	d.Config = [][2]string{{evil, evil}}
	d.Environment = d.Config
	d.Thumbnail = func(string) ([]byte, error) { return []byte("<svg onload=alert(1)>"), nil }
	page := write(t, d)
	checkWellFormed(t, page)
	for _, tag := range []string{"<script", "<img", "onload=alert(1)>\""} {
		if strings.Contains(page, tag) {
			t.Errorf("page contains %s", tag)
		}
	}
}

// checkWellFormed parses the page as XML, which is stricter than HTML, after
// closing the void elements that the template uses.
func checkWellFormed(t *testing.T, page string) {
	t.Helper()
	page = strings.TrimPrefix(page, "<!doctype html>")
	page = regexp.MustCompile(`<(meta|img)([^>]*)>`).ReplaceAllString(page, "<$1$2/>")
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Entity = xml.HTMLEntity
	for {
		_, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Errorf("not well formed at byte %d: %v", decoder.InputOffset(), err)
			return
		}
	}
}

func checkSelfContained(t *testing.T, page string) {
	t.Helper()
	for _, outside := range []string{"http://", "https://", "<script", "<link", "@import", "url("} {
		if i := strings.Index(page, outside); i >= 0 {
			t.Errorf("page contains %q: …%s…", outside, page[max(0, i-40):min(len(page), i+80)])
		}
	}
}
