package tasks

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ErrUnknownTask is returned by [Lookup] for a name that no task has.
var ErrUnknownTask = errors.New("unknown task")

// A Task is a data set, or a form of data set, that this package reads.
type Task struct {
	Name     string // As in --task.
	Summary  string // What the images show, in a line.
	Official Size   // Of the official data set; zero if there is none.

	// Load reads the data set that lies in a folder of fsys; "." is fsys itself.
	// The labels are checked, the images are only seen to be there.
	Load func(fsys fs.FS, dir string) (*Dataset, error)

	// Embedded, if not nil, loads a part of the data set that is in the binary.
	Embedded func() (*Dataset, error)

	// Archives are what the official data set is downloaded as.
	Archives []Archive

	// Layout says in a line which files Load reads.
	Layout string

	// A folder without marker may have it in one of its folders, as other
	// libraries lay out their own data folders.
	marker  string
	folders []string
}

// A Size counts a data set.
type Size struct {
	Classes int
	Train   int // With the official validation set.
	Test    int
}

var registry []Task

// register is called by the init function of each task's file.
func register(t Task) {
	for _, other := range registry {
		if other.Name == t.Name {
			panic("tasks: " + t.Name + " is registered twice")
		}
	}
	registry = append(registry, t)
	slices.SortFunc(registry, func(a, b Task) int { return strings.Compare(a.Name, b.Name) })
}

// All returns the tasks, sorted by name.
func All() []Task { return slices.Clone(registry) }

// Lookup returns the task of that name. The error wraps [ErrUnknownTask] and
// lists the names.
func Lookup(name string) (Task, error) {
	names := make([]string, len(registry))
	for i, t := range registry {
		if t.Name == name {
			return t, nil
		}
		names[i] = t.Name
	}
	return Task{}, fmt.Errorf("tasks: %w %q: want %s", ErrUnknownTask, name, strings.Join(names, ", "))
}

// locate returns the folder at or in dir that holds the task's files.
func (t Task) locate(fsys fs.FS, dir string) string {
	if t.marker == "" || exists(fsys, path.Join(dir, t.marker)) {
		return dir
	}
	for _, folder := range append([]string{t.Name}, t.folders...) {
		if inner := path.Join(dir, folder); exists(fsys, path.Join(inner, t.marker)) {
			return inner
		}
	}
	return dir
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
