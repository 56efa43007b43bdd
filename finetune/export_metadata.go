package finetune

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"finetune/augment"
	"finetune/importer"
	"finetune/tasks"
	"finetune/weights"
)

// Keys of the metadata of an exported model, besides those of package weights.
const (
	metaClasses     = "finetune.classes" // JSON list, in the order of the logits.
	metaTask        = "finetune.task"
	metaProtocol    = "finetune.protocol"
	metaSplit       = "finetune.split"
	metaSplitSHA256 = "finetune.split_sha256" // See splitHash.
	metaTop1        = "finetune.top1"
	metaTop1CI95    = "finetune.top1_ci95" // JSON list of two.
	metaPerClass    = "finetune.mean_per_class"
	metaN           = "finetune.n"
	metaMeasured    = "finetune.measured_on" // Of a file in float16 or int8: whose accuracy it states.
	metaForm        = "finetune.form"        // How the file differs from the one that was trained.
	metaBase        = "finetune.backbone"
	metaBaseSHA256  = "finetune.backbone_sha256"
	metaVersion     = "finetune.version"

	// metaNames is where other programs look for class names: a dictionary in
	// Python's notation, {0: 'rose', 1: 'tulip'}, as Ultralytics writes it.
	metaNames = "names"
)

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
	meta[metaNames] = pythonDict(classes)
	return meta
}

// metadata adds to meta what an evaluation found.
func (e *Evaluation) metadata(meta map[string]string) map[string]string {
	if meta = maps.Clone(meta); meta == nil {
		meta = map[string]string{}
	}
	meta[metaProtocol], meta[metaSplit], meta[metaN] = e.Protocol, e.Split, strconv.Itoa(e.N)
	meta[metaTop1], meta[metaPerClass] = probability(e.Top1), probability(e.MeanPerClass)
	meta[metaTop1CI95] = fmt.Sprintf("[%s,%s]", probability(e.Top1CI95[0]), probability(e.Top1CI95[1]))
	return meta
}

// splitHash returns the SHA-256 of a data set's split, hexadecimal: of a line
// "split<TAB>path<TAB>class<LF>" for each image, those of train, validation and
// test in the data set's order.
func splitHash(data *tasks.Dataset) string {
	h := sha256.New()
	for _, split := range []struct {
		name     string
		examples []tasks.Example
	}{{"train", data.Train}, {"validation", data.Validation}, {"test", data.Test}} {
		for _, e := range split.examples {
			fmt.Fprintf(h, "%s\t%s\t%s\n", split.name, e.Path, data.Classes[e.Label])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// pythonDict returns names as a dictionary by their number, in Python's
// notation.
func pythonDict(names []string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`)
	var text strings.Builder
	for i, name := range names {
		separator := ", "
		if i == 0 {
			separator = ""
		}
		fmt.Fprintf(&text, "%s%d: '%s'", separator, i, quote.Replace(name))
	}
	return "{" + text.String() + "}"
}

// outputDoc is the doc string of the output, which viewers show beside it.
func outputDoc(classes []string) string {
	var text strings.Builder
	io.WriteString(&text, "one number for each class:")
	for i, name := range classes {
		fmt.Fprintf(&text, " %d %s;", i, name)
	}
	return strings.TrimSuffix(text.String(), ";")
}

// readPreprocessing takes the preprocessing that the file itself states; an
// exported one does.
func (b *backbone) readPreprocessing() error {
	p, stated, err := weights.PreprocessingFrom(b.model.Metadata)
	if err != nil {
		return &ModelError{fmt.Errorf("%s: %w", b.name, err)}
	}
	if !stated {
		return &ModelError{fmt.Errorf("%s: the metadata states no preprocessing, as files of this program do", b.name)}
	}
	b.preprocessing = p
	return nil
}

// preprocessingInside returns preprocessing as the importer puts it into a
// graph.
func preprocessingInside(p weights.Preprocessing) importer.Preprocessing {
	n := normalization(p)
	return importer.Preprocessing{
		Size: p.InputSize, Crop: p.Crop, Bicubic: p.Interpolation == augment.Bicubic.String(), BGR: n.BGR, Mean: n.Mean, Std: n.Std,
	}
}
