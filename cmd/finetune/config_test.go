package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"finetune/finetune"
)

// TestSettingsAreTheKeys checks that each key of the configuration has a flag
// with an explanation, and each flag a key.
func TestSettingsAreTheKeys(t *testing.T) {
	all := flagSet(settings(&finetune.Config{}))
	keys := map[string]bool{}
	for field := range reflect.TypeFor[finetune.Config]().Fields() {
		key := strings.Split(field.Tag.Get("yaml"), ",")[0]
		if key == "-" {
			continue
		}
		keys[key] = true
		if f := all.Lookup(key); f == nil || f.Usage == "" {
			t.Errorf("key %s has no flag that is explained", key)
		}
	}
	n := 0
	all.VisitAll(func(*pflag.Flag) { n++ })
	if n != len(keys) {
		t.Errorf("%d flags, want %d", n, len(keys))
	}
}

// resolveArgs resolves a command line against an environment and a file.
func resolveArgs(t *testing.T, args []string, env map[string]string, file string) (finetune.Config, error) {
	t.Helper()
	c := newTrain()
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(file), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return resolve(c.Flags(), func(name string) string { return env[name] }, path)
}

func TestPrecedence(t *testing.T) {
	env := map[string]string{"FINETUNE_BATCH": "17", "FINETUNE_SAM_FROM": "5", "FINETUNE_VALIDATE": "true", "FINETUNE_DATA": "/sets"}
	got, err := resolveArgs(t, []string{"--batch", "18", "--head-lr=0"}, env, "task: flowers\nbatch: 16\nsam-from: 4\nlr: 0.125\nhead-lr: 0.5\n")
	if err != nil {
		t.Fatal(err)
	}
	want := finetune.Defaults("flowers")
	want.Batch, want.SAMFrom, want.LearningRate, want.HeadLR, want.Validate = 18, 5, 0.125, 0, true
	if got != want {
		t.Errorf("resolve = %+v\nwant %+v", got, want)
	}
}

func TestTaskAndOptimizerChooseDefaults(t *testing.T) {
	for _, test := range []struct {
		args []string
		env  map[string]string
		file string

		task, optimizer string
	}{
		{task: finetune.DefaultTask},
		{file: "task: folder", task: "folder"},
		{file: "task: folder", env: map[string]string{"FINETUNE_TASK": "flowers"}, task: "flowers"},
		{file: "task: folder", env: map[string]string{"FINETUNE_TASK": "flowers"}, args: []string{"--task", "fashion-mnist"}, task: "fashion-mnist"},
		{file: "# nothing", task: finetune.DefaultTask},
		{args: []string{"--optimizer", "sgd"}, task: finetune.DefaultTask, optimizer: "sgd"},
		{env: map[string]string{"FINETUNE_OPTIMIZER": "sam"}, task: finetune.DefaultTask, optimizer: "sam"},
		{file: "optimizer: adamw", task: finetune.DefaultTask, optimizer: "adamw"},
		{file: "task: flowers\noptimizer: adamw", args: []string{"--optimizer", "sam+sgd"}, task: "flowers", optimizer: "sam+sgd"},
	} {
		got, err := resolveArgs(t, test.args, test.env, test.file)
		if want := finetune.DefaultsFor(test.task, "", test.optimizer); err != nil || got != want {
			t.Errorf("resolve(%v) = %+v, %v, want %+v", test, got, err, want)
		}
	}
}

func TestRatesFollowTheOptimizer(t *testing.T) {
	sgd, adamw := finetune.DefaultsFor("flowers", "", "sgd"), finetune.DefaultsFor("flowers", "", "adamw")
	if sgd.LearningRate != 0.02 || sgd.HeadLR != 0 || adamw.LearningRate >= sgd.LearningRate || adamw.HeadLR <= adamw.LearningRate {
		t.Errorf("rates of SGD %g and %g, of AdamW %g and %g", sgd.LearningRate, sgd.HeadLR, adamw.LearningRate, adamw.HeadLR)
	}
}

// TestConfigFileRepeats writes a configuration as a run does and reads it back.
func TestConfigFileRepeats(t *testing.T) {
	want := finetune.Defaults("flowers")
	want.Rho, want.Seed, want.Train, want.Augment = 0.1, 1<<63, "last:3", "none"
	file, err := yaml.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := resolveArgs(t, nil, nil, string(file)); err != nil || got != want {
		t.Errorf("resolve = %+v, %v, want %+v", got, err, want)
	}
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("task: flowers\nbatch: 7\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c := newTrain()
	if err := c.ParseFlags([]string{"--resume", dir, "--threads", "3", "--quiet"}); err != nil {
		t.Fatal(err)
	}
	got, err := resolveResume(c.Flags(), dir)
	want := finetune.Defaults("flowers")
	want.Batch, want.Threads, want.Resume = 7, 3, dir
	if err != nil || got != want {
		t.Errorf("resolveResume = %+v, %v, want %+v", got, err, want)
	}
}
