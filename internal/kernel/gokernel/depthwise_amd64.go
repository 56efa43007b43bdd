package gokernel

// stencilAVX2 is stencilPlain: whole vectors of channels in assembly.
func stencilAVX2(s *stencil) {
	whole := s.channels &^ 7
	if whole > 0 {
		stencilVectors(s)
	}
	if whole == s.channels {
		return
	}
	rest := *s
	rest.channels -= whole
	rest.y, rest.x, rest.bias = s.y[whole:], s.x[whole:], s.bias[whole:]
	rest.w = s.w[min(whole, len(s.w)):]
	stencilPlain(&rest)
}

// stencilGradAVX2 is stencilGradPlain: whole vectors of channels in assembly,
// for kernels three and five wide, and as many of their rows at once as have
// registers.
func stencilGradAVX2(s *stencilGrad) {
	whole := s.channels &^ 7
	if s.kernelW != 3 && s.kernelW != 5 {
		whole = 0
	}
	for ky := 0; whole > 0 && ky < s.kernelH; {
		part := *s
		part.x, part.dw = s.x[ky*s.rowStep:], s.dw[ky*s.kernelW*s.wStep:]
		switch left := s.kernelH - ky; {
		case s.kernelW == 3 && left >= 3:
			stencilGrad3x3(&part)
			ky += 3
		case s.kernelW == 3:
			stencilGrad1x3(&part)
			ky++
		case left >= 2:
			stencilGrad2x5(&part)
			ky += 2
		default:
			stencilGrad1x5(&part)
			ky++
		}
	}
	if whole == s.channels {
		return
	}
	rest := *s
	rest.channels -= whole
	rest.dw, rest.x, rest.dy = s.dw[whole:], s.x[whole:], s.dy[whole:]
	stencilGradPlain(&rest)
}
