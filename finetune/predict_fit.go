package finetune

import "fmt"

// notePrediction says what a file does not state, though a prediction needs it,
// and what it states otherwise than it is run.
func (b *backbone) notePrediction(observe Observer) {
	if _, ok := b.model.Metadata[metaClasses]; !ok {
		observe.notice(b.name + " states no class names: its classes are called by number")
	}
	if b.preprocessingFrom != fromMetadata {
		observe.notice(fmt.Sprintf("%s states no preprocessing; taken from %s", b.name, b.preprocessingFrom))
	}
	size := b.preprocessing.InputSize
	if _, height, width := b.model.InputSize(); height != 0 && height != size || width != 0 && width != size {
		observe.notice(fmt.Sprintf("%s has an input of height %d and width %d, and is run at the %d pixels that its preprocessing states", b.name, height, width, size))
	}
	if b.model.Preprocesses() {
		observe.notice(b.preprocessesItself())
	}
}

// preprocessesItself is the notice of a file that has preprocessing inside.
func (b *backbone) preprocessesItself() string {
	return b.name + " preprocesses images itself: here that is done by this program, as the file's metadata states it"
}
