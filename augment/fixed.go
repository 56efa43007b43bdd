package augment

// A fixable transform can tell whether it does the same whatever is drawn.
type fixable interface {
	fixed() bool
}

// Fixed reports whether p makes the same of a picture every time, whatever the
// generator. A transform that does not say so may do otherwise.
func (p Pipeline) Fixed() bool {
	for _, t := range p {
		if f, ok := t.(fixable); !ok || !f.fixed() {
			return false
		}
	}
	return true
}

func (centerCrop) fixed() bool      { return true }
func (resize) fixed() bool          { return true }
func (f flip) fixed() bool          { return f.p == 0 || f.p == 1 }
func (r rotate) fixed() bool        { return r.degrees == 0 }
func (e randomErasing) fixed() bool { return e.p == 0 }
func (j colorJitter) fixed() bool   { return j == colorJitter{} }
