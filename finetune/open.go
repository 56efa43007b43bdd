package finetune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"finetune/importer"
	"finetune/tasks"
	"finetune/weights"
)

// openTask loads the data set of a task. An unknown task is an error that
// wraps tasks.ErrUnknownTask; anything else is a *DataError.
func openTask(ctx context.Context, name, dir string, observe Observer) (*tasks.Dataset, error) {
	data, err := tasks.Open(ctx, name, dir, tasks.Options{Progress: observe.fetching})
	switch {
	case err == nil:
		if data.Partial != "" {
			observe.notice(name + ": " + data.Partial)
		}
		return data, nil
	case errors.Is(err, tasks.ErrUnknownTask):
		return nil, err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", ErrInterrupted, err)
	}
	return nil, &DataError{err}
}

// splits returns what c trains on and what it evaluates on. The training set
// of a final run is the official one, with the validation images.
func splits(c Config, data *tasks.Dataset) (train, evaluation []tasks.Example, split string) {
	train, evaluation, split = slices.Concat(data.Train, data.Validation), data.Test, "test"
	if c.Validate {
		train, evaluation, split = data.Train, data.Validation, "validation"
	}
	return tasks.Limit(train, c.LimitTrain), tasks.Limit(evaluation, c.LimitTest), split
}

// A backbone is an ONNX classifier that was opened.
type backbone struct {
	name          string // In package weights, or of the file.
	sha256        string // Of the file.
	model         *importer.Model
	preprocessing weights.Preprocessing
	// preprocessingFrom says where preprocessing is from.
	preprocessingFrom string
}

// openBackbone opens the backbone of c, a row of package weights by its name or
// an ONNX file by its path, with the head and the preprocessing that c says. A
// file that states no preprocessing and is in no row gets that of the row called
// like, and "row=path" is that in one.
func openBackbone(ctx context.Context, c Config, like string, observe Observer) (*backbone, error) {
	name := c.Backbone
	if row, path, ok := strings.Cut(name, "="); ok {
		name, like = path, row
	}
	data, info, err := openWeights(ctx, name, observe)
	if err != nil {
		return nil, err
	}
	b := &backbone{name: info.Name, sha256: sumOf(data)}
	if b.model, err = loadModel(data, c.Features); err != nil {
		return nil, modelError(name, err)
	}
	return b, b.findPreprocessing(info, like, c.stated(), observe)
}

// loadModel loads a classifier, or puts one on features.
func loadModel(data []byte, features string) (*importer.Model, error) {
	if features != "" {
		return importer.LoadFeatures(data, features)
	}
	return importer.Load(data)
}

// modelError adds to an error of package importer what may be done about it.
func modelError(name string, err error) error {
	if remedy := importer.Remedy(err); remedy != "" {
		return &ModelError{fmt.Errorf("%s: %w (%s)", name, err, remedy)}
	}
	return &ModelError{fmt.Errorf("%s: %w", name, err)}
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// openWeights returns the bytes of a row or a file. The Info of a file has its
// name alone.
func openWeights(ctx context.Context, name string, observe Observer) ([]byte, weights.Info, error) {
	if _, err := os.Stat(name); err == nil || isPath(name) {
		data, err := importer.ReadFile(name)
		if errors.Is(err, importer.ErrFormat) {
			return nil, weights.Info{}, modelError(name, err)
		}
		if err != nil {
			return nil, weights.Info{}, &DataError{fmt.Errorf("backbone: %w", err)}
		}
		return data, weights.Info{Name: strings.TrimSuffix(filepath.Base(name), ".onnx")}, nil
	}
	data, info, err := weights.Open(ctx, name, weights.Options{
		Progress: func(done, total int64) { observe.fetching(name, done, total) },
	})
	var unknown *weights.NameError
	switch {
	case err == nil:
		return data, info, nil
	case errors.As(err, &unknown):
		return nil, info, backboneError(unknown)
	case ctx.Err() != nil:
		return nil, info, fmt.Errorf("%w: %w", ErrInterrupted, err)
	}
	return nil, info, &DataError{err}
}

func isPath(name string) bool {
	return strings.HasSuffix(name, ".onnx") || strings.ContainsRune(name, filepath.Separator)
}

func backboneError(e *weights.NameError) error {
	return &ConfigError{"backbone", e.Name, "a name that 'finetune models' lists (" + strings.Join(e.Near, ", ") + "?) or the path of an ONNX file"}
}

// inputSize returns asked, or the size that the backbone wants if that is 0.
func (b *backbone) inputSize(asked int) int {
	if asked != 0 {
		return asked
	}
	return b.preprocessing.InputSize
}

// replaceHead gives the model a new classifier, drawn from the seed.
func (b *backbone) replaceHead(classes int, seed uint64) error {
	if err := b.model.ReplaceHead(classes, keyed("head", seed)); err != nil {
		return &ModelError{fmt.Errorf("%s: %w", b.name, err)}
	}
	return nil
}

// classes returns the class names that the file states, nil if it states none.
func (b *backbone) classes() ([]string, error) {
	list, ok := b.model.Metadata[metaClasses]
	if !ok {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(list), &names); err != nil {
		return nil, &ModelError{fmt.Errorf("%s: metadata %s: %w", b.name, metaClasses, err)}
	}
	if len(names) != b.model.Classes() {
		return nil, &ModelError{fmt.Errorf("%s: metadata %s has %d names, want %d", b.name, metaClasses, len(names), b.model.Classes())}
	}
	return names, nil
}
