package finetune

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"strconv"

	"finetune/importer"
)

// Keys of the metadata of an exported model, besides those of package weights.
const (
	metaClasses    = "finetune.classes" // JSON list, in the order of the logits.
	metaTask       = "finetune.task"
	metaProtocol   = "finetune.protocol"
	metaSplit      = "finetune.split"
	metaTop1       = "finetune.top1"
	metaTop1CI95   = "finetune.top1_ci95" // JSON list of two.
	metaPerClass   = "finetune.mean_per_class"
	metaN          = "finetune.n"
	metaBase       = "finetune.backbone"
	metaBaseSHA256 = "finetune.backbone_sha256"
	metaVersion    = "finetune.version"
)

// Export writes the fine-tuned ONNX of a run to w. run is a run folder or a
// checkpoint file in one; of a folder the finished model.onnx is taken, else
// the newest checkpoint.
func Export(run string, w io.Writer) error {
	c, finished, err := openExport(run)
	if err != nil {
		return err
	}
	if finished == nil {
		if finished, err = exportCheckpoint(c); err != nil {
			return err
		}
	}
	if _, err := w.Write(finished); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// ExportFile writes what Export does to a file, whole or not at all.
func ExportFile(run, path string) error {
	var model bytes.Buffer
	if err := Export(run, &model); err != nil {
		return err
	}
	err := replace(path, func(w io.Writer) error {
		_, err := model.WriteTo(w)
		return err
	})
	if err != nil {
		return &DataError{fmt.Errorf("export: %w", err)}
	}
	return nil
}

// openExport returns the checkpoint to export, or the bytes of a finished model.
func openExport(run string) (c *checkpoint, finished []byte, err error) {
	info, err := os.Stat(run)
	if err != nil {
		return nil, nil, &DataError{fmt.Errorf("export: %w", err)}
	}
	if !info.IsDir() {
		c, err = readCheckpoint(run)
		return c, nil, err
	}
	finished, err = os.ReadFile(runDir(run).path(modelFile))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return nil, finished, err
	}
	c, _, err = runDir(run).newestCheckpoint()
	return c, nil, err
}

// exportCheckpoint returns the ONNX file of a checkpoint. What was measured is
// not in it: a checkpoint was not evaluated.
func exportCheckpoint(c *checkpoint) ([]byte, error) {
	b, err := openConfigured(context.Background(), c.Config, "", nil)
	if err != nil {
		return nil, err
	}
	if b.sha256 != c.BackboneSHA256 {
		return nil, &DataError{fmt.Errorf("export: backbone %s has sha256 %s, the checkpoint is of %s", c.Config.Backbone, b.sha256, c.BackboneSHA256)}
	}
	if err := b.replaceHead(len(c.Classes), c.Config.Seed); err != nil {
		return nil, err
	}
	e := newEngine(b.model, nil, c.InputSize)
	if err := e.restore(c, nil); err != nil {
		return nil, &DataError{fmt.Errorf("export: checkpoint: %w", err)}
	}
	return e.onnx(exportMetadata(b, c.Config.Task, c.Classes, c.InputSize))
}

// exportMetadata returns what an exported file says of itself: enough to use it.
func exportMetadata(b *backbone, task string, classes []string, inputSize int) map[string]string {
	p := b.preprocessing
	p.InputSize = inputSize
	meta := p.Metadata()
	names, err := json.Marshal(classes)
	if err != nil {
		panic(err) // Strings always marshal.
	}
	meta[metaClasses], meta[metaTask], meta[metaVersion] = string(names), task, Version()
	meta[metaBase], meta[metaBaseSHA256] = b.name, b.sha256
	return meta
}

// metadata adds to meta what an evaluation found.
func (e *Evaluation) metadata(meta map[string]string) map[string]string {
	meta = maps.Clone(meta)
	meta[metaProtocol], meta[metaSplit], meta[metaN] = e.Protocol, e.Split, strconv.Itoa(e.N)
	meta[metaTop1], meta[metaPerClass] = probability(e.Top1), probability(e.MeanPerClass)
	meta[metaTop1CI95] = fmt.Sprintf("[%s,%s]", probability(e.Top1CI95[0]), probability(e.Top1CI95[1]))
	return meta
}

// onnx returns the model as an ONNX file.
func (e *engine) onnx(meta map[string]string) ([]byte, error) {
	e.writeBack()
	e.model.SetInputSize(e.size, e.size)
	var file bytes.Buffer
	if err := e.model.WriteONNX(&file, meta); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return file.Bytes(), nil
}

// exportTolerance is how far logits of the exported file may be from those of
// the trained graph, as a share of the largest.
const exportTolerance = 1e-4

// verify reads an exported file back and runs it on the images that e ran
// last. It returns the largest difference of logits, as a share of the largest
// logit.
func (e *engine) verify(file []byte) (float64, error) {
	model, err := importer.Load(file)
	if err != nil {
		return 0, fmt.Errorf("export: read back: %w", err)
	}
	again := newEngine(model, e.backend, e.size)
	if err := again.compileEvaluation(e.evaluation.batch); err != nil {
		return 0, fmt.Errorf("export: read back: %w", err)
	}
	want, err := e.logits(e.evaluation.images)
	if err != nil {
		return 0, err
	}
	got, err := again.logits(e.evaluation.images)
	if err != nil {
		return 0, err
	}
	difference, largest := 0.0, 0.0
	for i := range want {
		difference = max(difference, math.Abs(float64(got[i])-float64(want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
	}
	if difference /= max(largest, 1e-30); !(difference <= exportTolerance) {
		return difference, fmt.Errorf("export: logits of the written file differ by %.2g of the largest, want at most %.2g", difference, exportTolerance)
	}
	return difference, nil
}
