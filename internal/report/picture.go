package report

import (
	"math"
	"slices"
	"unicode/utf8"
)

// A cell is a square of a confusion picture: row is the true class, column
// the predicted one.
type cell struct {
	X, Y    float64 // Upper left corner.
	Tone    string  // "first" on the diagonal, "second" for a mistake.
	Opacity float64 // Grows with the square root of the share.
	Count   int
	Title   string // "" has none.
}

// cells returns the non-empty cells among classes, in the order given, as
// squares with sides of unit; only the first titledCells have a title, and a
// mistake has at least the opacity faintest.
func (c confusion) cells(classes []int, unit, faintest float64) []cell {
	var cells []cell
	for y, label := range classes {
		for x, predicted := range classes {
			count := c.counts[label][predicted]
			if count == 0 {
				continue
			}
			share := float64(count) / float64(c.totals[label])
			s := cell{X: float64(x) * unit, Y: float64(y) * unit, Tone: "first", Count: count}
			s.Opacity = round2(0.08 + 0.8*share)
			if label != predicted {
				s.Tone = "second"
				s.Opacity = round2(faintest + (1-faintest)*math.Sqrt(share))
			}
			if len(cells) < titledCells {
				s.Title = c.title(label, predicted)
			}
			cells = append(cells, s)
		}
	}
	return cells
}

func (c confusion) title(label, predicted int) string {
	of := group(c.counts[label][predicted]) + " of " + group(c.totals[label])
	if label == predicted {
		return c.names[label] + ": " + of + " right"
	}
	return c.names[label] + " taken for " + c.names[predicted] + ": " + of
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }

// Bounds of the pictures.
const (
	closeClasses = 24   // Classes of the labelled picture.
	titledCells  = 4000 // Cells of a picture that say what they are.
	nameLength   = 26   // Runes of a name beside a picture.
)

// A picture is a confusion matrix, in the coordinates of its SVG element. The
// cells start at (Left, Top).
type picture struct {
	Cells               []cell
	Names               []axisName // Of rows and columns; nil when there are too many.
	N                   int        // Classes.
	Unit, Side          float64    // Of a cell and of all.
	Left, Top           float64
	Width, Height, Font float64
}

// An axisName is the name of a row and a column whose middle is At.
type axisName struct {
	Name string
	At   float64
}

// overview shows all classes without names.
func (c confusion) overview() picture {
	order := c.order()
	n := float64(len(order))
	return picture{Cells: c.cells(order, 1, 0.4), N: len(order), Unit: 1, Side: n, Width: n, Height: n}
}

// closeUp shows the classes with the most mistakes, named, or all classes in
// the order of their labels when that is possible.
func (c confusion) closeUp() picture {
	classes := c.order()
	if len(classes) <= closeClasses {
		slices.Sort(classes)
	}
	classes = classes[:min(closeClasses, len(classes))]
	unit := math.Round(min(58, 700/float64(len(classes))))
	p := picture{Cells: c.cells(classes, unit, 0.2), N: len(classes), Unit: unit, Side: unit * float64(len(classes)), Font: 12.5}
	longest := 0
	for i, class := range classes {
		name := shorten(c.names[class], nameLength)
		longest = max(longest, utf8.RuneCountInString(name))
		p.Names = append(p.Names, axisName{name, (float64(i) + 0.5) * unit})
	}
	reach := p.Font * 0.56 * float64(longest)
	p.Left, p.Top = reach+14, 0.72*reach+20
	p.Width, p.Height = p.Left+p.Side+0.72*reach+8, p.Top+p.Side+4
	return p
}
