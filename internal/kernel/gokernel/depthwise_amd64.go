package gokernel

// stencilPixels is how many pixels of a row the assembly does at once.
const stencilPixels = 7

// stencilAVX2 is stencilPlain: whole vectors of channels in assembly.
func stencilAVX2(s *stencil) {
	whole := s.channels &^ 7
	if whole > 0 {
		stencilLoop(s)(s)
	}
	if whole < s.channels {
		rest := s.from(whole)
		stencilPlain(&rest)
	}
}

// from returns the stencil of the channels from the given one on.
func (s *stencil) from(channel int) stencil {
	rest := *s
	rest.channels -= channel
	rest.y, rest.x, rest.bias = s.y[channel:], s.x[channel:], s.bias[channel:]
	rest.w = s.w[min(channel, len(s.w)):]
	return rest
}

// stencilLoop returns the loop for the widths and strides that networks have,
// or else the one for all, which is also the one that writes whole cache lines
// and so can stream.
func stencilLoop(s *stencil) func(*stencil) {
	if s.pixels < stencilPixels || s.stream {
		return stencilVectorsAVX2
	}
	switch {
	case s.xStep == s.tapStep:
		switch s.kernelW {
		case 2:
			return stencilTaps2Stride1Pixels7AVX2
		case 3:
			return stencilTaps3Stride1Pixels7AVX2
		case 5:
			return stencilTaps5Stride1Pixels7AVX2
		}
	case s.xStep == 2*s.tapStep:
		switch s.kernelW {
		case 3:
			return stencilTaps3Stride2Pixels7AVX2
		case 5:
			return stencilTaps5Stride2Pixels7AVX2
		}
	}
	return stencilVectorsAVX2
}

// stencilGradAVX2 is stencilGradPlain: whole vectors of 8 channels in assembly,
// for the widths and strides that networks have.
func stencilGradAVX2(s *stencilGrad) {
	stencilGradAssembly(s, 8, stencilGradTaps, stencilGradPlain)
}

// stencilGradAssembly does whole vectors of channels by taps, which does some of
// the left rows of taps and returns how many, and the others by beyond.
func stencilGradAssembly(s *stencilGrad, vector int, taps func(s *stencilGrad, stride, left int) int, beyond func(*stencilGrad)) {
	whole := s.channels &^ (vector - 1)
	stride := 1
	if s.xStep != s.tapStep {
		stride = 2
	}
	if s.xStep != stride*s.tapStep || s.kernelW != 3 && s.kernelW != 5 {
		whole = 0
	}
	s.tiles, s.single = s.pixels/stencilPixels, s.pixels%stencilPixels
	all := *s
	for ky := 0; whole > 0 && ky < all.kernelH; {
		s.x, s.dw = all.x[ky*s.rowStep:], all.dw[ky*s.kernelW*s.wStep:]
		ky += taps(s, stride, all.kernelH-ky)
	}
	*s = all
	if whole < s.channels {
		s.channels -= whole
		s.dw, s.x, s.dy = s.dw[whole:], s.x[whole:], s.dy[whole:]
		beyond(s)
		*s = all
	}
}

// stencilGradTaps does some of the left rows of taps, as many as have
// registers, and returns how many.
func stencilGradTaps(s *stencilGrad, stride, left int) int {
	switch {
	case s.kernelW == 5 && stride == 1:
		stencilGrad1x5Stride1AVX2(s)
	case s.kernelW == 5:
		stencilGrad1x5Stride2AVX2(s)
	case left >= 2 && stride == 1:
		stencilGrad2x3Stride1AVX2(s)
		return 2
	case left >= 2:
		stencilGrad2x3Stride2AVX2(s)
		return 2
	case stride == 1:
		stencilGrad1x3Stride1AVX2(s)
	default:
		stencilGrad1x3Stride2AVX2(s)
	}
	return 1
}
