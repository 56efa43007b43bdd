package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"finetune": main})
}

// TestScripts runs testdata/script/*.txtar with the program as the command
// finetune.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":  code,
			"await": await,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_DATA_HOME", env.WorkDir+"/data")
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/cache")
			if err := writeBackbones(env.WorkDir); err != nil {
				return err
			}
			return writeImages(env.WorkDir, "gray.png", "photos/dark/1.png", "photos/dark/2.png", "photos/dark/3.png",
				"photos/light/1.png", "photos/light/2.png", "photos/light/3.png")
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// writeImages writes small pictures of one grey: a light one where the name
// says so.
func writeImages(dir string, names ...string) error {
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		m := image.NewGray(image.Rect(0, 0, 40, 30))
		for i := range m.Pix {
			m.Pix[i] = 40
			if strings.Contains(name, "light") {
				m.Pix[i] = 200
			}
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if err := png.Encode(f, m); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
