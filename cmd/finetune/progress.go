package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"finetune/finetune"
)

// Least time between two lines of progress.
const (
	onTerminal  = 100 * time.Millisecond
	offTerminal = 10 * time.Second
)

// progress tells how a run goes on: on a terminal in one line that is written
// over, elsewhere in a line now and then. Notices and the result of each epoch
// stay.
type progress struct {
	w        io.Writer
	quiet    bool
	animated bool // Write over the line.
	colour   bool
	width    int // Of the terminal, columns.
	now      func() time.Time

	last    time.Time // When the last line of progress was written.
	pending bool      // Whether such a line stands, without its end.
	run     string    // Run folder, once known.
}

func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{w: w, quiet: quiet, now: time.Now, width: 80}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.animated = true
		p.colour = os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 20 {
			p.width = width
		}
	}
	p.last = p.now()
	return p
}

// observe is a finetune.Observer.
func (p *progress) observe(e finetune.Event) {
	if e.Run != "" {
		p.run = e.Run
	}
	if p.quiet {
		return
	}
	switch e.Kind {
	case finetune.KindStart:
		p.keep(e.Message)
		if e.Run != "" {
			p.keep(p.paint(dim, "run folder "+e.Run))
		}
	case finetune.KindStep:
		p.passing(func() string { return p.step(e) })
	case finetune.KindEvaluating:
		p.passing(func() string {
			return p.bar(e.Step, e.Steps) + fmt.Sprintf("  evaluating %d/%d images", e.Step, e.Steps)
		})
	case finetune.KindEpoch:
		p.keep(p.epoch(e))
	case finetune.KindEvaluation:
		if v := e.Evaluation; v != nil {
			p.keep(fmt.Sprintf("%s: top-1 %s of %d images", e.Message, p.paint(bold, percent(v.Top1)), v.N))
		}
	case finetune.KindNotice:
		p.keep(p.paint(yellow, e.Message))
	}
}

// step is the passing line of a training step.
func (p *progress) step(e finetune.Event) string {
	line := fmt.Sprintf("%s  epoch %d/%d  step %d/%d  loss %.3f  acc %.1f %%  %.0f images/s",
		p.bar(e.Step, e.Steps), e.Epoch, e.Epochs, e.Step, e.Steps, e.Loss, 100*e.Accuracy, e.ImagesPerSecond)
	if e.ETA > 0 {
		line += "  " + duration(e.ETA.Seconds()) + " left"
	}
	return line
}

// epoch is the lasting line of an epoch.
func (p *progress) epoch(e finetune.Event) string {
	method := "base optimizer"
	if e.Rho > 0 {
		method = fmt.Sprintf("SAM rho %.3g", e.Rho)
	}
	return fmt.Sprintf("epoch %*d/%d  loss %.3f  acc %5.1f %%  %s",
		len(fmt.Sprint(e.Epochs)), e.Epoch, e.Epochs, e.Loss, 100*e.Accuracy,
		p.paint(dim, fmt.Sprintf("lr %.2g  %s  %.0f images/s", e.LearningRate, method, e.ImagesPerSecond)))
}

// bar shows done of total; off a terminal it is left out.
func (p *progress) bar(done, total int) string {
	if !p.animated {
		return ""
	}
	const cells = 16
	full := 0
	if total > 0 {
		full = min(cells, max(0, done*cells/total))
	}
	return p.paint(green, strings.Repeat("━", full)) + p.paint(dim, strings.Repeat("─", cells-full))
}

// passing writes a line that the next one replaces, unless one was written
// just now.
func (p *progress) passing(line func() string) {
	least := offTerminal
	if p.animated {
		least = onTerminal
	}
	now := p.now()
	if now.Sub(p.last) < least {
		return
	}
	p.last = now
	if !p.animated {
		fmt.Fprintln(p.w, strings.TrimSpace(line()))
		return
	}
	fmt.Fprint(p.w, "\r\x1b[K"+cut(line(), p.width-1))
	p.pending = true
}

// keep writes a line that stays.
func (p *progress) keep(line string) {
	p.end()
	if line != "" {
		fmt.Fprintln(p.w, line)
	}
}

// end takes the passing line away.
func (p *progress) end() {
	if p.pending {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.pending = false
	}
}

// A style is the parameter of an ANSI escape sequence (SGR).
type style string

const (
	bold   style = "1"
	dim    style = "2"
	green  style = "32"
	yellow style = "33"
)

func (p *progress) paint(s style, text string) string {
	if !p.colour || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// cut shortens a line to width columns; escape sequences take none.
func cut(line string, width int) string {
	columns := 0
	escape := false
	for i, r := range line {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		case columns == width:
			return line[:i] + "\x1b[0m"
		default:
			columns++
		}
	}
	return line
}
