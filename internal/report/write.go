package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageText string

//go:embed style.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": percent, "group": group, "seconds": seconds, "size": size, "shorten": shorten,
	"add": func(a, b float64) float64 { return a + b },
	"mul": func(a, b float64) float64 { return a * b },
}).Parse(pageText))

// content is what the template is filled with.
type content struct {
	Data
	Style       template.CSS
	Figures     []figure
	Overview    *picture // Of all classes; nil when CloseUp shows them all.
	CloseUp     *picture
	Pairs       []pairRow
	Weakest     []classRow
	Others      []classRow
	Perfect     int // Classes without a mistake.
	WithImages  int // Classes that have images.
	Mistakes    []mistake
	AllMistakes int
}

// A pairRow is a row of the table of confused classes.
type pairRow struct {
	A, B                       string
	AAsB, BAsA, TotalA, TotalB int
}

// Rows of the tables.
const (
	shownPairs   = 14
	shownClasses = 24
)

// Write writes the report of d to w as one HTML file.
func Write(w io.Writer, d Data) error {
	c := content{Data: d, Style: template.CSS(style), Mistakes: worstMistakes(d)}
	var err error
	if c.Figures, err = figures(d); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	c.fillClasses(countConfusion(d))
	if err := page.Execute(w, c); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (c *content) fillClasses(counts confusion) {
	rows := counts.classRows()
	if len(rows) == 0 {
		return
	}
	c.WithImages = len(rows)
	for _, r := range rows {
		c.AllMistakes += r.N - r.Right
		if r.N == r.Right {
			c.Perfect++
		}
	}
	split := min(shownClasses, len(rows))
	if len(rows) <= shownClasses+12 {
		split = len(rows)
	}
	c.Weakest, c.Others = rows[:split], rows[split:]
	closeUp := counts.closeUp()
	c.CloseUp = &closeUp
	if len(c.Classes) > closeClasses {
		overview := counts.overview()
		c.Overview = &overview
	}
	pairs := counts.pairs()
	for _, p := range pairs[:min(shownPairs, len(pairs))] {
		c.Pairs = append(c.Pairs, pairRow{
			counts.names[p.a], counts.names[p.b], p.aAsB, p.bAsA, counts.totals[p.a], counts.totals[p.b],
		})
	}
}
