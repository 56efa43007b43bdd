package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

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
		p.passing(e, step)
	case finetune.KindEvaluating:
		p.passing(e, evaluating)
	case finetune.KindFetching:
		p.passing(e, fetching)
	case finetune.KindEpoch:
		p.keep(p.epoch(e))
	case finetune.KindEvaluation:
		if v := e.Evaluation; v != nil {
			p.keep(fmt.Sprintf("%s: top-1 %s", e.Message, p.paint(bold, percent(v.Top1))))
		}
	case finetune.KindNotice:
		p.keep(e.Message)
	}
}

// step is the passing line of a training step.
func step(e finetune.Event) string {
	line := fmt.Sprintf("epoch %d/%d  step %d/%d  loss %.3f  acc %.1f %%  %.0f images/s",
		e.Epoch, e.Epochs, e.Step, e.Steps, e.Loss, 100*e.Accuracy, e.ImagesPerSecond)
	if e.ETA > 0 {
		line += "  " + duration(e.ETA.Seconds()) + " left"
	}
	return line
}

// evaluating is the passing line of an evaluation.
func evaluating(e finetune.Event) string {
	return fmt.Sprintf("evaluating %d/%d images", e.Step, e.Steps)
}

// fetching is the passing line of a download, whose length may be unknown.
func fetching(e finetune.Event) string {
	line := fmt.Sprintf("fetching %s  %.1f", e.Message, float64(e.Step)/1e6)
	if e.Steps > 0 {
		line += fmt.Sprintf("/%.1f", float64(e.Steps)/1e6)
	}
	return line + " MB"
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

// passing writes the line of an event, with a bar, that the next one replaces,
// unless one was written just now.
func (p *progress) passing(e finetune.Event, line func(finetune.Event) string) {
	least := offTerminal
	if p.animated {
		least = onTerminal
	}
	now := p.now()
	if now.Sub(p.last) < least {
		return
	}
	p.last = now
	text := line(e)
	if !p.animated {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprint(p.w, "\r\x1b[K"+p.bar(e, p.width-1-utf8.RuneCountInString(text))+cut(text, p.width-1))
	p.pending = true
}

// Lengths of a bar, in columns; where less is free there is none.
const (
	shortestBar = 6
	longestBar  = 24
)

// bar shows how far an event is, and two spaces, in at most free columns.
func (p *progress) bar(e finetune.Event, free int) string {
	columns := min(longestBar, free-2)
	if columns < shortestBar || e.Steps <= 0 {
		return ""
	}
	full := min(columns, max(0, e.Step*columns/e.Steps))
	return p.paint(green, strings.Repeat("━", full)) + p.paint(dim, strings.Repeat("─", columns-full)) + "  "
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
	bold  style = "1"
	dim   style = "2"
	green style = "32"
)

func (p *progress) paint(s style, text string) string {
	if !p.colour || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// cut shortens a line to width columns.
func cut(line string, width int) string {
	runes := []rune(line)
	return string(runes[:min(width, len(runes))])
}
