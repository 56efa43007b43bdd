package finetune

import (
	"context"
	"fmt"
	"io"
	"os"
)

// export writes model.onnx, reads it back and compares it with the graph that
// was trained; the proof is kept in export.json.
func (r *run) export(after *Evaluation) ([]byte, error) {
	meta := after.metadata(exportMetadata(r.backbone, r.config.Task, r.data.Classes, r.engine.size))
	meta[metaSplitSHA256] = splitHash(r.data)
	file, err := r.engine.onnx(meta, r.data.Classes)
	if err != nil {
		return nil, err
	}
	pictures, err := readProof(r.data.FS, r.evaluation.data.examples, fmt.Sprintf("%s split of %s", r.split, r.data.Task))
	if err != nil {
		return nil, err
	}
	exported := &Exported{File: modelFile, SHA256: sumOf(file), Bytes: int64(len(file)), Form: ExportConfig{}.form()}
	path := r.dir.path(modelFile)
	err = replace(path, func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	}, func(aside string) error {
		written, err := os.ReadFile(aside)
		if err != nil {
			return err
		}
		exported.Proof, err = r.engine.prove(context.Background(), written, pictures, r.evaluation.view, ExportConfig{}.tolerance())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", modelFile, err)
	}
	r.observe.notice(exported.Proof.String())
	return file, r.dir.writeJSON(exportFile, exported)
}
