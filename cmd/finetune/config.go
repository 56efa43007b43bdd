package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"finetune/finetune"
	"finetune/tasks"
)

// A layer is the values that one source gives to settings.
type layer struct {
	from   func(name string) string // What to call a value's source, such as "--lr".
	values map[string]string
}

// resolve returns the configuration of a run. What the flags say holds over
// what the environment says, that over the config file, and that over the
// defaults of the task and the optimizer.
func resolve(flags *pflag.FlagSet, getenv func(string) string, configFile string) (finetune.Config, error) {
	file, err := readConfigFile(configFile)
	if err != nil {
		return finetune.Config{}, err
	}
	env, given := environmentLayer(getenv), flagLayer(flags)
	if given.values["data"] != "" && given.values["task"] == "" && env.values["task"] == "" && file == nil {
		return finetune.Config{}, usagef("--data needs --task NAME: folder for your own images in one folder a class, or what 'finetune tasks' lists")
	}
	c := finetune.DefaultsFor(
		firstOf(given.values["task"], env.values["task"], stringOf(file, "task"), finetune.DefaultTask),
		firstOf(given.values["train"], env.values["train"], stringOf(file, "train")),
		firstOf(given.values["optimizer"], env.values["optimizer"], stringOf(file, "optimizer")))
	if file != nil {
		if err := file.Decode(&c); err != nil {
			return c, usagef("%s: %s", configFile, yamlProblem(err))
		}
	}
	if err := env.apply(&c); err != nil {
		return c, err
	}
	if err := given.apply(&c); err != nil {
		return c, err
	}
	return c, checkConfig(c)
}

// checkConfig checks every value of c and that there is such a task.
func checkConfig(c finetune.Config) error {
	if _, err := tasks.Lookup(c.Task); err != nil {
		return err
	}
	return c.Check()
}

// resolveResume returns the configuration of the run in a folder, to go on with
// it. Flags hold over it; finetune.Run refuses those that change the training.
func resolveResume(flags *pflag.FlagSet, dir string) (finetune.Config, error) {
	path := filepath.Join(dir, "config.yaml")
	if _, err := os.Stat(path); err != nil {
		return finetune.Config{}, &finetune.DataError{Err: fmt.Errorf("resume: %w", err)}
	}
	file, err := readConfigFile(path)
	if err == nil && file == nil {
		err = &finetune.DataError{Err: fmt.Errorf("resume: %s is empty", path)}
	}
	if err != nil {
		return finetune.Config{}, err
	}
	c := finetune.DefaultsFor(stringOf(file, "task"), stringOf(file, "train"), stringOf(file, "optimizer"))
	if err := file.Decode(&c); err != nil {
		return c, usagef("%s: %s", path, yamlProblem(err))
	}
	if err := flagLayer(flags).apply(&c); err != nil {
		return c, err
	}
	c.Resume = dir
	return c, checkConfig(c)
}

// apply sets the values in c.
func (l layer) apply(c *finetune.Config) error {
	all := flagSet(settings(c))
	for _, name := range slices.Sorted(maps.Keys(l.values)) {
		value := l.values[name]
		if err := all.Lookup(name).Value.Set(value); err != nil {
			return usagef("%s is %q: %s", l.from(name), value, strings.TrimSpace(err.Error()))
		}
	}
	return nil
}

// flagLayer has the flags that were given.
func flagLayer(flags *pflag.FlagSet) layer {
	l := layer{func(name string) string { return "--" + name }, map[string]string{}}
	isSetting := flagSet(settings(&finetune.Config{}))
	flags.Visit(func(f *pflag.Flag) {
		if isSetting.Lookup(f.Name) != nil {
			l.values[f.Name] = f.Value.String()
		}
	})
	return l
}

// environmentLayer has the settings that environment variables give: FINETUNE_
// and the flag's name in capitals with _ for -. FINETUNE_DATA is no setting: it
// names the folder that holds the data of all tasks.
func environmentLayer(getenv func(string) string) layer {
	l := layer{variable, map[string]string{}}
	flagSet(settings(&finetune.Config{})).VisitAll(func(f *pflag.Flag) {
		if value := getenv(variable(f.Name)); value != "" && f.Name != "data" {
			l.values[f.Name] = value
		}
	})
	return l
}

func variable(name string) string {
	return "FINETUNE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// readConfigFile returns the mapping in a config file, whose keys are all
// settings; nil if path is "" or the file is empty.
func readConfigFile(path string) (*yaml.Node, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("config file: %v", err)
	}
	var document yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, usagef("%s: %s", path, yamlProblem(err))
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	mapping := document.Content[0]
	if mapping.Kind != yaml.MappingNode {
		return nil, usagef("%s:%d: want lines of key: value", path, mapping.Line)
	}
	known := flagSet(settings(&finetune.Config{}))
	for i := 0; i < len(mapping.Content); i += 2 {
		if key := mapping.Content[i]; known.Lookup(key.Value) == nil {
			return nil, usagef("%s:%d: unknown key %q%s", path, key.Line, key.Value, suggest(known, key.Value, ""))
		}
	}
	return mapping, nil
}

// yamlProblem writes an error of package yaml in a line.
func yamlProblem(err error) string {
	lines := strings.Fields(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:"))
	return strings.TrimPrefix(strings.Join(lines, " "), "yaml: ")
}

// stringOf returns the value of a key of a config file, "" if it has none.
func stringOf(file *yaml.Node, key string) string {
	if file == nil {
		return ""
	}
	for i := 0; i+1 < len(file.Content); i += 2 {
		if file.Content[i].Value == key {
			return file.Content[i+1].Value
		}
	}
	return ""
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
