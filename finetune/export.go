package finetune

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"finetune/importer"
	"finetune/tasks"
)

// An ExportConfig says what is exported, and in which form.
type ExportConfig struct {
	Run    string // Run folder, or a checkpoint file in one.
	Output string // File to write.

	FoldBatchNorm bool // Multiply BatchNormalization into the layer before it.
	Opset         int  // Version of ONNX's operators to raise the file to; 0 keeps its own.
	Half          bool // Weights and arithmetic in float16.
	Int8          bool // Arithmetic in int8, in QDQ form; folds BatchNormalization.
	Preprocess    bool // Images of any size in, probabilities out.

	Data      string // Folder of the data set; "" is the run's own.
	Calibrate int    // Training images that Int8 takes ranges from; 0 is 256.
	Limit     int    // Held-out images that the accuracy of Half and Int8 is measured on; 0 is as in the run.
	Threads   int    // Workers of the kernels; 0 means all cores.
	Kernels   string // One of KernelNames; "" is auto.
}

// form says in words how the file differs from the one that was trained.
func (c ExportConfig) form() string {
	form := "float32"
	switch {
	case c.Half:
		form = "float16"
	case c.Int8:
		form = "int8 (QDQ)"
	}
	if c.FoldBatchNorm || c.Int8 {
		form += ", BatchNorm folded"
	}
	if c.Opset != 0 {
		form += fmt.Sprintf(", opset %d", c.Opset)
	}
	if c.Preprocess {
		form += ", preprocessing inside"
	}
	return form
}

// An Exported describes an exported file. The run folder keeps that of the last
// one in export.json.
type Exported struct {
	File     string   `json:"file"`
	SHA256   string   `json:"sha256"`
	Bytes    int64    `json:"bytes"`
	Form     string   `json:"form"`
	Ranges   string   `json:"ranges,omitempty"` // What int8 ranges were taken from.
	Proof    Proof    `json:"proof"`
	Accuracy *Figures `json:"accuracy,omitempty"` // Of a file in float16 or int8, where held-out images are there.
}

// Figures are the accuracy of an exported file.
type Figures struct {
	Split    string     `json:"split"`
	N        int        `json:"n"`
	Top1     float64    `json:"top1"` // Share in [0, 1].
	Top1CI95 [2]float64 `json:"top1_ci95"`
}

// exportFile is the file of a run folder that describes the last export.
const exportFile = "export.json"

// An exporter is an export under way.
type exporter struct {
	ExportConfig
	ctx     context.Context
	observe Observer

	plain  []byte // The file before it is converted.
	config Config // Of the run.
	dir    runDir // "" for a checkpoint outside of a run folder.

	trained *engine        // What the file has to agree with.
	opened  *backbone      // The plain file, read back.
	data    *tasks.Dataset // nil if it is not within reach.
}

// ExportFile writes the fine-tuned ONNX of a run: its finished model.onnx, or
// that of its newest checkpoint, in the form that c says.
//
// The file is written aside and read back; it gets its name when its logits on
// held-out images agree with those of the trained model (see [Proof]). If it
// does not, the error is a *ModelError and no file is left.
func ExportFile(ctx context.Context, c ExportConfig, observe Observer) (*Exported, error) {
	if c.Half && c.Int8 {
		return nil, &ConfigError{"int8", "true", "false with fp16: a file is one or the other"}
	}
	x := &exporter{ExportConfig: c, ctx: ctx, observe: observe}
	if err := x.open(); err != nil {
		return nil, err
	}
	defer x.trained.backend.Close()
	exported := &Exported{File: c.Output, Form: c.form()}
	file, err := x.convert(exported)
	if err != nil {
		return nil, err
	}
	exported.SHA256, exported.Bytes = sumOf(file), int64(len(file))
	pictures, err := x.proofPictures()
	if err != nil {
		return nil, err
	}
	err = replace(c.Output, func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	}, func(aside string) error {
		exported.Proof, err = x.prove(aside, pictures)
		return err
	})
	var wrong *ModelError
	if errors.As(err, &wrong) {
		return nil, err
	}
	if err != nil {
		return nil, &DataError{fmt.Errorf("export: %w", err)}
	}
	observe.notice(exported.Proof.String())
	if x.dir != "" {
		return exported, x.dir.writeJSON(exportFile, exported)
	}
	return exported, nil
}

// open reads the run, and the data set if that is within reach.
func (x *exporter) open() error {
	kernels, err := openKernels(x.Kernels, x.Threads)
	if err != nil {
		return err
	}
	if err := x.openRun(); err != nil {
		kernels.Close()
		return err
	}
	x.trained.backend = kernels
	x.openData()
	return nil
}

// openRun reads the plain file and the model that it has to agree with: what
// the checkpoint holds, or the finished model.onnx, which was compared with the
// graph in training when it was written.
func (x *exporter) openRun() error {
	c, finished, err := openExport(x.Run)
	if err != nil {
		return err
	}
	if c != nil {
		x.config = c.Config
		if x.trained, x.plain, err = exportCheckpoint(c); err != nil {
			return err
		}
	} else {
		x.plain, x.dir = finished, runDir(x.Run)
		if x.config, err = x.dir.readConfig(); err != nil {
			return err
		}
	}
	if x.opened, err = openFile(x.plain, modelFile); err != nil {
		return err
	}
	if x.trained == nil {
		x.trained = newEngine(x.opened.model, nil, x.opened.preprocessing.InputSize)
	}
	return nil
}

// openFile reads an exported file that is in memory.
func openFile(file []byte, name string) (*backbone, error) {
	model, err := importer.Load(file)
	if err != nil {
		return nil, modelError(name, err)
	}
	b := &backbone{name: name, sha256: sumOf(file), model: model}
	return b, b.readPreprocessing()
}

// openData opens the data set of the run without a download.
func (x *exporter) openData() {
	data, err := tasks.Open(x.ctx, x.config.Task, cmp.Or(x.Data, x.config.Data), tasks.Options{Offline: true})
	if err != nil {
		x.observe.notice(fmt.Sprintf("export: no data set: %v", err))
		return
	}
	names, err := x.opened.classes()
	if err != nil || len(names) != len(data.Classes) {
		x.observe.notice(fmt.Sprintf("export: the data set has %d classes, the model %d: it is not used", len(data.Classes), x.opened.model.Classes()))
		return
	}
	x.data = data
}

// convert returns the file in its form, with its accuracy measured if the form
// changes the arithmetic.
func (x *exporter) convert(exported *Exported) ([]byte, error) {
	form := importer.Form{FoldBatchNorm: x.FoldBatchNorm || x.Int8, Opset: int64(x.Opset), Half: x.Half}
	if x.form() == "float32" {
		return x.plain, nil
	}
	if x.Preprocess {
		p := preprocessingInside(x.opened.preprocessing)
		form.Preprocess = &p
	}
	var err error
	if x.Int8 {
		if form.Quantize, exported.Ranges, err = x.calibrate(); err != nil {
			return nil, err
		}
	}
	form.Metadata = map[string]string{metaForm: x.form()}
	if names, err := x.opened.classes(); err == nil && names != nil {
		form.Metadata[metaNames] = pythonDict(names) // Files of earlier versions have none.
	}
	if x.Half || x.Int8 {
		if err := x.measureForm(form, exported); err != nil {
			return nil, err
		}
	}
	file, err := importer.Convert(x.plain, form)
	if err != nil {
		return nil, &ModelError{fmt.Errorf("export: %w", err)}
	}
	return file, nil
}

// measureForm measures the accuracy of a form on the held-out images and adds
// it to the form's metadata, where that of the float model stands.
func (x *exporter) measureForm(form importer.Form, exported *Exported) error {
	form.Metadata[metaMeasured] = "the float32 model, before the conversion"
	if x.data == nil {
		return nil
	}
	plain := form
	plain.Preprocess = nil // Package augment does what it does.
	file, err := importer.Convert(x.plain, plain)
	if err != nil {
		return &ModelError{fmt.Errorf("export: %w", err)}
	}
	b, err := openFile(file, exported.Form)
	if err != nil {
		return err
	}
	_, examples, split := splits(x.config, x.data)
	m := measurement{
		name: split + " split, " + exported.Form, classes: len(x.data.Classes), view: x.mustView(),
		data: newPictures(x.data.FS, tasks.Limit(examples, x.Limit), x.mustView().pipeline.Enough(), 0),
		bad:  &badImages{policy: cmp.Or(x.config.OnBadImage, "fail"), observe: x.observe}, observe: x.observe,
	}
	e := newEngine(b.model, x.trained.backend, x.trained.size)
	if err := e.compileEvaluation(min(16, max(1, len(m.data.examples)))); err != nil {
		return err
	}
	if e.order, err = classOrder(b, x.data.Classes); err != nil {
		return err
	}
	evaluation, err := e.measure(x.ctx, m)
	if err != nil {
		return err
	}
	evaluation.describe(x.data, split)
	x.observe.tell(Event{Kind: KindEvaluation, Message: m.name, Loss: evaluation.Loss, Accuracy: evaluation.Top1,
		ImagesPerSecond: evaluation.ImagesPerSecond, Evaluation: evaluation})
	exported.Accuracy = &Figures{split, evaluation.N, evaluation.Top1, evaluation.Top1CI95}
	for key, value := range evaluation.metadata(nil) {
		form.Metadata[key] = value
	}
	form.Metadata[metaMeasured] = "this file"
	return nil
}

// mustView returns the view of evaluation. That the preprocessing is valid is
// known.
func (x *exporter) mustView() view {
	v, err := evaluationView(x.opened.preprocessing, x.trained.size)
	if err != nil {
		panic(err)
	}
	return v
}

// Export writes the fine-tuned ONNX of a run, as it was trained, to w. run is a
// run folder or a checkpoint file in one; of a folder the finished model.onnx is
// taken, else the newest checkpoint.
func Export(run string, w io.Writer) error {
	c, file, err := openExport(run)
	if err != nil {
		return err
	}
	if c != nil {
		if _, file, err = exportCheckpoint(c); err != nil {
			return err
		}
	}
	if _, err := w.Write(file); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// openExport returns the checkpoint to export, or the bytes of a finished
// model, which have to be those that the run's summary knows.
func openExport(run string) (c *checkpoint, finished []byte, err error) {
	info, err := os.Stat(run)
	if err != nil {
		return nil, nil, &DataError{fmt.Errorf("export: %w", err)}
	}
	if !info.IsDir() {
		c, err = readCheckpoint(run)
		return c, nil, err
	}
	dir := runDir(run)
	finished, err = os.ReadFile(dir.path(modelFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &DataError{fmt.Errorf("export: %w", err)}
	}
	if err != nil {
		c, _, err = dir.newestCheckpoint()
		return c, nil, err
	}
	var s Summary
	if data, err := os.ReadFile(dir.path(summaryFile)); err == nil && json.Unmarshal(data, &s) == nil && s.ModelSHA256 != "" && s.ModelSHA256 != sumOf(finished) {
		return nil, nil, &DataError{fmt.Errorf("export: %s has sha256 %s, the run's summary says %s: it was changed since", dir.path(modelFile), sumOf(finished), s.ModelSHA256)}
	}
	return nil, finished, nil
}

// exportCheckpoint returns the model that a checkpoint holds and its ONNX file.
// What was measured is not in it: a checkpoint was not evaluated.
func exportCheckpoint(c *checkpoint) (*engine, []byte, error) {
	b, err := openBackbone(context.Background(), c.Config, "", nil)
	if err != nil {
		return nil, nil, err
	}
	if b.sha256 != c.BackboneSHA256 {
		return nil, nil, &DataError{fmt.Errorf("export: backbone %s has sha256 %s, the checkpoint is of %s", c.Config.Backbone, b.sha256, c.BackboneSHA256)}
	}
	if err := b.replaceHead(len(c.Classes), c.Config.Seed); err != nil {
		return nil, nil, err
	}
	e := newEngine(b.model, nil, c.InputSize)
	if err := e.restore(c, nil); err != nil {
		return nil, nil, &DataError{fmt.Errorf("export: checkpoint: %w", err)}
	}
	file, err := e.onnx(exportMetadata(b, c.Config.Task, c.Classes, c.InputSize), c.Classes)
	return e, file, err
}

// onnx returns the model as an ONNX file.
func (e *engine) onnx(meta map[string]string, classes []string) ([]byte, error) {
	e.writeBack()
	e.model.SetInputSize(e.size, e.size)
	e.model.SetOutputDoc(outputDoc(classes))
	var file bytes.Buffer
	if err := e.model.WriteONNX(&file, meta); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return file.Bytes(), nil
}

// relative returns the largest difference of two lists as a share of the
// largest of want, and NaN if one is not a number.
func relative(got, want []float32) float64 {
	difference, largest := 0.0, 0.0
	for i := range want {
		difference = math.Max(difference, math.Abs(float64(got[i])-float64(want[i]))) // NaN stays.
		largest = max(largest, math.Abs(float64(want[i])))
	}
	return difference / max(largest, 1e-30)
}
