package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A tone is a colour of the page. A chart is drawn in stand-in colours that
// are then replaced by the CSS variables of the same index, so that it follows
// the page into dark mode.
type tone int

const (
	muted  tone = iota // Labels.
	hair               // Grid lines.
	first              // The series that matters most.
	faint              // Its unsmoothed values, drawn thin.
	second             // The series compared with it.
	third              // Results of evaluations.
)

var toneNames = [...]string{"muted", "hair", "first", "faint", "second", "third"}

func (t tone) standIn() color.Color {
	return color.NRGBA{R: 0xfe, G: 0x01, B: 0x10 + uint8(t), A: 0xff}
}

func (t tone) css() string { return "var(--" + toneNames[t] + ")" }

// A series is a line of a chart.
type series struct {
	name string // For the legend; "" has no entry.
	tone tone
	dots bool // Mark the points.
	xys  plotter.XYs
}

// A chart is a plot over epochs.
type chart struct {
	title, unit string
	series      []series
	epochs      int     // Length of the horizontal axis.
	percent     bool    // Values are shares in [0, 1].
	logarithmic bool    // All values are positive.
	zero        bool    // The vertical axis starts at 0.
	mark        float64 // Epoch of a dashed line; 0 has none.
	markName    string
}

// Size of a chart's coordinate system; the page scales it.
const (
	chartWidth  = 460 * vg.Inch / 72
	chartHeight = 210 * vg.Inch / 72
)

// svg draws the chart as an SVG element.
func (c chart) svg() (template.HTML, error) {
	p := plot.New()
	p.BackgroundColor = nil
	styleAxis(&p.X)
	styleAxis(&p.Y)
	p.X.Tick.Marker = epochTicks{}
	p.Y.Tick.Marker = c.valueTicks()
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal = draw.LineStyle{Color: hair.standIn(), Width: 0.8}
	p.Add(grid)
	if c.zero {
		p.Y.Min = 0
	}
	for _, s := range c.series {
		if err := s.addTo(p); err != nil {
			return "", fmt.Errorf("chart %s: %w", c.title, err)
		}
	}
	p.X.Min, p.X.Max = 0, float64(c.epochs)
	c.fitY(p)
	if c.mark > 0 {
		addMark(p, c.mark)
	}
	canvas := vgsvg.New(chartWidth, chartHeight)
	p.Draw(draw.New(canvas))
	return inline(canvas, c.title)
}

func styleAxis(a *plot.Axis) {
	a.LineStyle.Width = 0
	a.Tick.LineStyle.Width = 0
	a.Tick.Length = 3
	a.Tick.Label.Color = muted.standIn()
	a.Tick.Label.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, 10)
	a.Padding = 2
}

func (c chart) valueTicks() plot.Ticker {
	switch {
	case c.percent:
		return valueTicks{scale: 100, suffix: " %"}
	case c.logarithmic:
		return logTicks{}
	}
	return valueTicks{scale: 1}
}

// fitY gives the vertical axis its scale and some air.
func (c chart) fitY(p *plot.Plot) {
	if c.logarithmic {
		p.Y.Scale = plot.LogScale{}
		p.Y.Min, p.Y.Max = p.Y.Min/1.15, p.Y.Max*1.15
		return
	}
	air := 0.04 * (p.Y.Max - p.Y.Min)
	if air <= 0 {
		air = max(1e-6, math.Abs(p.Y.Max)/2)
	}
	p.Y.Max += air
	if !c.zero {
		p.Y.Min -= air
	}
	if c.percent {
		p.Y.Min, p.Y.Max = max(0, p.Y.Min), min(1, p.Y.Max)
	}
}

func (s series) addTo(p *plot.Plot) error {
	if len(s.xys) == 0 {
		return nil
	}
	line, err := plotter.NewLine(s.xys)
	if err != nil {
		return err
	}
	line.Color, line.Width = s.tone.standIn(), 1.9
	if s.tone == faint {
		line.Width = 0.7
	}
	p.Add(line)
	if !s.dots {
		return nil
	}
	dots, err := plotter.NewScatter(s.xys)
	if err != nil {
		return err
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: s.tone.standIn(), Radius: 2.6, Shape: draw.CircleGlyph{}}
	p.Add(dots)
	return nil
}

func addMark(p *plot.Plot, x float64) {
	line := &plotter.Line{
		XYs:       plotter.XYs{{X: x, Y: p.Y.Min}, {X: x, Y: p.Y.Max}},
		LineStyle: draw.LineStyle{Color: muted.standIn(), Width: 0.8, Dashes: []vg.Length{3, 3}},
	}
	p.Add(line)
}

// inline returns the canvas as an element of an HTML page: without the XML
// prologue, as wide as its place, in the colours and the font of the page.
func inline(canvas *vgsvg.Canvas, label string) (template.HTML, error) {
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	s := b.String()
	body := strings.Index(s, "<g ")
	if body < 0 {
		return "", fmt.Errorf("no group in the SVG of %q", label)
	}
	replace := []string{"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", ""}
	for t := range toneNames {
		r, g, b, _ := tone(t).standIn().RGBA()
		replace = append(replace, fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8), tone(t).css())
	}
	head := fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`,
		chartWidth.Points(), chartHeight.Points(), template.HTMLEscapeString(label))
	return template.HTML(head + strings.NewReplacer(replace...).Replace(s[body:])), nil
}
