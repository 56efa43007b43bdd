package finetune

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestRunName(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got, want := runName("pets", "some/dir/resnet18.onnx", at), "pets-resnet18-20260102-030405"; got != want {
		t.Errorf("runName = %q, want %q", got, want)
	}
}

func TestCreateRunDirRefuses(t *testing.T) {
	used := t.TempDir()
	if err := os.WriteFile(filepath.Join(used, configFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, modelFile), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	var dataErr *DataError
	for _, output := range []string{used, foreign, filepath.Join(file, "run")} {
		if _, err := createRunDir(Config{Output: output}, "b"); !errors.As(err, &dataErr) {
			t.Errorf("run folder %s: error %v, want a *DataError", output, err)
		}
	}
}

func TestLinkLatest(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "runs")
	if err := os.Mkdir(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		if err := runDir(filepath.Join(parent, name)).linkLatest(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(filepath.Join(parent, "latest")); err != nil || got != name {
			t.Errorf("latest is %q, %v; want %q", got, err, name)
		}
	}
}

func TestFreeName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	for _, want := range []string{path, path + "-2", path + "-3"} {
		got := freeName(path)
		if got != want {
			t.Errorf("freeName = %q, want %q", got, want)
		}
		if err := os.Mkdir(got, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMetricsAreCutAtAStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), metricsFile)
	log, err := openMetrics(path, keeps(0, 9))
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 3; step++ {
		if err := log.add(metric{Kind: "step", Step: step}); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-5], 0o644); err != nil {
		t.Fatal(err)
	}
	if log, err = openMetrics(path, keeps(2, 9)); err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if len(log.all) != 2 || log.all[1].Step != 2 {
		t.Errorf("%+v, want steps 1 and 2", log.all)
	}
}
