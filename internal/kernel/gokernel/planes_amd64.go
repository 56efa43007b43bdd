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
	panelsBy(16, copyPlanesAVX2, scalePanelsAVX2, dst, src, scale, rows, columns, panelStep, rowStep)
}

func panelsAVX512(dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	panelsBy(32, copyPanelsAVX512, scalePanelsAVX512, dst, src, scale, rows, columns, panelStep, rowStep)
}

func panelsBy(width int, copies func(dst, src *float32, rows, panels, panelStep, rowStep int), scales func(dst, src, scale *float32, rows, panels, panelStep, rowStep int),
	dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	panels := columns / width
	whole := panels * width
	switch {
	case panels > 0 && scale == nil:
		copies(&dst[0], &src[0], rows, panels, panelStep, rowStep)
	case panels > 0:
		scales(&dst[0], &src[0], &scale[0], rows, panels, panelStep, rowStep)
	}
	if whole == columns {
		return
	}
	if scale != nil {
		scale = scale[whole:]
	}
	panelsOf(width, dst[panels*panelStep:], src[whole:], scale, rows, columns-whole, panelStep, rowStep)
}
