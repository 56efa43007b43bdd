package finetune

import (
	"fmt"

	"finetune/tasks"
)

// noteFit says where a file and what it is measured on are not of one kind, but
// can be. order is what classOrder returned, size the height and width of the
// images, pixels.
func (b *backbone) noteFit(data *tasks.Dataset, order []int, size int, observe Observer) {
	if order != nil {
		observe.notice(fmt.Sprintf("%s has the data set's classes in another order: they are matched by name", b.name))
	}
	if task := b.model.Metadata[metaTask]; task != "" && task != data.Task {
		observe.notice(fmt.Sprintf("%s was trained on %s, and is measured on %s", b.name, task, data.Task))
	}
	if stated := b.preprocessing.InputSize; stated != size {
		observe.notice(fmt.Sprintf("%s states images of %d pixels, and is measured at %d", b.name, stated, size))
	}
	if b.model.Preprocesses() {
		observe.notice(b.preprocessesItself())
	}
}
