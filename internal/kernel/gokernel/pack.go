package gokernel

// padded returns n rounded up to whole panels.
func padded(n int) int { return (n + panelWidth - 1) / panelWidth * panelWidth }

// pack copies rows first to first+count of B into panels. Row i, column j of
// them is src[i·rowStep+j·colStep], and one of the steps is 1.
func (p *product) pack(panels, src []float32, first, count, rowStep, colStep int) {
	width := padded(p.n)
	for _, blk := range p.blocks {
		height := blk.k * blk.segments
		lo, hi := max(first, blk.first), min(first+count, blk.first+height)
		if lo >= hi {
			continue
		}
		for j := 0; j < p.n; j += panelWidth {
			to := panels[blk.first*width+j*height+(lo-blk.first)*panelWidth:][:(hi-lo)*panelWidth]
			from := src[(lo-first)*rowStep+j*colStep:]
			if colStep == 1 {
				packRows(to, from, min(panelWidth, p.n-j), rowStep)
			} else {
				packColumns(to, from, min(panelWidth, p.n-j), colStep)
			}
		}
	}
}

// packRows fills a panel with rows of n elements that lie step apart.
func packRows(panel, src []float32, n, step int) {
	for at := 0; len(panel) > 0; at += step {
		row := panel[:panelWidth]
		clear(row[copy(row, src[at:at+n]):])
		panel = panel[panelWidth:]
	}
}

// packColumns fills a panel with n columns that lie step apart.
func packColumns(panel, src []float32, n, step int) {
	rows := len(panel) / panelWidth
	for j := range panelWidth {
		if j >= n {
			for i := range rows {
				panel[i*panelWidth+j] = 0
			}
			continue
		}
		for i, v := range src[j*step : j*step+rows] {
			panel[i*panelWidth+j] = v
		}
	}
}
