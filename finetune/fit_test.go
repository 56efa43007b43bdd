package finetune

import (
	"fmt"
	"testing"

	"finetune/tasks"
)

func TestNoteFit(t *testing.T) {
	b := namedBackbone(t, `["cat","ant","bee"]`, 3)
	b.name = "mine"
	b.model.Metadata[metaTask] = "insects"
	b.preprocessing.InputSize = 224
	for _, c := range []struct {
		task  string
		order []int
		size  int
		want  string
	}{
		{"insects", nil, 224, "[]"},
		{"insects", []int{1, 2, 0}, 224, "[mine has the data set's classes in another order: they are matched by name]"},
		{"beetles", nil, 96, "[mine was trained on insects, and is measured on beetles mine states images of 224 pixels, and is measured at 96]"},
	} {
		var notices []string
		b.noteFit(&tasks.Dataset{Task: c.task}, c.order, c.size, func(e Event) { notices = append(notices, e.Message) })
		if fmt.Sprint(notices) != c.want {
			t.Errorf("%s at %d: %v, want %s", c.task, c.size, notices, c.want)
		}
	}
}
