package gokernel

// pack copies rows first to first+count of B into panels. Row i, column j of
// them is src[i·rowStep+j·colStep], and one of the steps is 1.
func (p *product) pack(panels, src []float32, first, count, rowStep, colStep int) {
	width := roundUp(p.n, p.panel)
	for _, blk := range p.blocks {
		height := blk.k * blk.segments
		lo, hi := max(first, blk.first), min(first+count, blk.first+height)
		if lo >= hi {
			continue
		}
		for j := 0; j < p.n; j += p.panel {
			to := panels[blk.first*width+j*height+(lo-blk.first)*p.panel:][:(hi-lo)*p.panel]
			from := src[(lo-first)*rowStep+j*colStep:]
			if colStep == 1 {
				packRows(to, from, p.panel, min(p.panel, p.n-j), rowStep)
			} else {
				packColumns(to, from, p.panel, min(p.panel, p.n-j), colStep)
			}
		}
	}
}

// packRows fills a panel of the given width with rows of n elements that lie
// step apart.
func packRows(panel, src []float32, width, n, step int) {
	for at := 0; len(panel) > 0; at += step {
		row := panel[:width]
		clear(row[copy(row, src[at:at+n]):])
		panel = panel[width:]
	}
}

// packColumns fills a panel of the given width with n columns that lie step
// apart.
func packColumns(panel, src []float32, width, n, step int) {
	rows := len(panel) / width
	for j := range width {
		if j >= n {
			for i := range rows {
				panel[i*width+j] = 0
			}
			continue
		}
		for i, v := range src[j*step : j*step+rows] {
			panel[i*width+j] = v
		}
	}
}
