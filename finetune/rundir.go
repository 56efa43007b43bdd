package finetune

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Files of a run folder.
const (
	configFile      = "config.yaml"
	envFile         = "env.json"
	classesFile     = "classes.txt"
	metricsFile     = "metrics.jsonl"
	summaryFile     = "summary.json"
	predictionsFile = "predictions.csv"
	modelFile       = "model.onnx"
	reportFile      = "report.html"
	checkpointDir   = "checkpoints"
)

// A runDir is a run folder.
type runDir string

// createRunDir makes the folder of a new run and writes what is known before
// training, so that a folder that cannot be written is an error at once. A
// folder that holds a run already is an error, or a file that a run would replace.
func createRunDir(c Config, backbone string) (runDir, error) {
	path := c.Output
	if path == "" {
		path = freeName(filepath.Join("runs", runName(c.Task, backbone, time.Now())))
	}
	dir := runDir(path)
	if _, err := os.Stat(dir.path(configFile)); err == nil {
		return "", &DataError{fmt.Errorf("run folder %s: holds a run already (resume it, or name another folder)", path)}
	}
	for _, name := range []string{modelFile, reportFile, summaryFile, predictionsFile, metricsFile, classesFile, envFile} {
		if _, err := os.Lstat(dir.path(name)); err == nil {
			return "", &DataError{fmt.Errorf("run folder %s: holds a %s that is of no run and would be replaced (name another folder)", path, name)}
		}
	}
	if err := os.MkdirAll(dir.path(checkpointDir), 0o755); err != nil {
		return "", &DataError{fmt.Errorf("run folder: %w", err)}
	}
	return dir, nil
}

// runName returns <task>-<backbone>-<time>; a backbone may be a path.
func runName(task, backbone string, now time.Time) string {
	base := strings.TrimSuffix(filepath.Base(backbone), ".onnx")
	return fmt.Sprintf("%s-%s-%s", task, base, now.Format("20060102-150405"))
}

// freeName returns path, or path-2, path-3 … if that is taken.
func freeName(path string) string {
	name := path
	for i := 2; ; i++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) || i > 1000 {
			return name
		}
		name = fmt.Sprintf("%s-%d", path, i)
	}
}

func (d runDir) path(name string) string { return filepath.Join(string(d), name) }

// write replaces a file of the folder by data.
func (d runDir) write(name string, data []byte) error {
	err := replace(d.path(name), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return &DataError{fmt.Errorf("run folder: %w", err)}
	}
	return nil
}

func (d runDir) writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return d.write(name, append(data, '\n'))
}

// begin writes what is known before training.
func (d runDir) begin(c Config, env environment, classes []string) error {
	if err := d.writeConfig(c); err != nil {
		return err
	}
	if err := d.writeJSON(envFile, env); err != nil {
		return err
	}
	return d.writeClasses(classes)
}

func (d runDir) writeConfig(c Config) error {
	data, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("%s: %w", configFile, err)
	}
	return d.write(configFile, data)
}

// readConfig reads what writeConfig wrote.
func (d runDir) readConfig() (c Config, err error) {
	data, err := os.ReadFile(d.path(configFile))
	if err == nil {
		err = yaml.Unmarshal(data, &c)
	}
	if err != nil {
		return c, &DataError{fmt.Errorf("run folder: %s: %w", configFile, err)}
	}
	return c, nil
}

func (d runDir) writeClasses(classes []string) error {
	return d.write(classesFile, []byte(strings.Join(classes, "\n")+"\n"))
}

// linkLatest points runs/latest to a folder in runs: a symbolic link, or a file
// with its name where there are none. Folders elsewhere have no such link.
func (d runDir) linkLatest() error {
	parent, name := filepath.Split(filepath.Clean(string(d)))
	if filepath.Base(parent) != "runs" {
		return nil
	}
	link := filepath.Join(parent, "latest")
	if replaceSymlink(name, link) == nil {
		return nil
	}
	return os.WriteFile(link, []byte(name+"\n"), 0o644)
}
