package gokernel

// planesAVX2 and planesAVX512 are planesPlain: whole planes in assembly.
func planesAVX2(dst, src []float32, pixels, channels, planeStep, pixelStep int) {
	planesBy(copyPlanesAVX2, dst, src, pixels, channels, planeStep, pixelStep)
}

func planesAVX512(dst, src []float32, pixels, channels, planeStep, pixelStep int) {
	planesBy(copyPlanesAVX512, dst, src, pixels, channels, planeStep, pixelStep)
}

func planesBy(run func(dst, src *float32, pixels, planes, planeStep, pixelStep int), dst, src []float32, pixels, channels, planeStep, pixelStep int) {
	planes := channels / planeWidth
	if planes > 0 {
		run(&dst[0], &src[0], pixels, planes, planeStep, pixelStep)
	}
	if rest := channels % planeWidth; rest > 0 {
		planesPlain(dst[planes*planeStep:], src[planes*planeWidth:], pixels, rest, planeStep, pixelStep)
	}
}

// panelsAVX2 and panelsAVX512 are panelsPlain for panels of 16 and of 32 columns: whole
// panels in assembly.
func panelsAVX2(dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	whole := columns / 16
	switch {
	case whole > 0 && scale == nil:
		copyPlanesAVX2(&dst[0], &src[0], rows, whole, panelStep, rowStep)
	case whole > 0:
		scalePanelsAVX2(&dst[0], &src[0], &scale[0], rows, whole, panelStep, rowStep)
	}
	restOfPanels(16, dst, src, scale, rows, columns, panelStep, rowStep)
}

func panelsAVX512(dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	whole := columns / 32
	switch {
	case whole > 0 && scale == nil:
		copyPanelsAVX512(&dst[0], &src[0], rows, whole, panelStep, rowStep)
	case whole > 0:
		scalePanelsAVX512(&dst[0], &src[0], &scale[0], rows, whole, panelStep, rowStep)
	}
	restOfPanels(32, dst, src, scale, rows, columns, panelStep, rowStep)
}

// restOfPanels does the columns beyond whole panels of the given width.
func restOfPanels(width int, dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	whole := columns / width
	if whole*width == columns {
		return
	}
	if scale != nil {
		scale = scale[whole*width:]
	}
	panelsOf(width, dst[whole*panelStep:], src[whole*width:], scale, rows, columns-whole*width, panelStep, rowStep)
}
