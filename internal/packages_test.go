package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "finetune"

// mayImport says which packages of this module a package and the packages
// below it may import. "dir/..." is dir and all below it. What lies below a
// package is its own affair.
var mayImport = map[string][]string{
	"cmd/finetune": {"finetune", "importer", "sam", "tasks", "augment", "weights"},
	"finetune":     {"importer", "sam", "augment", "tasks", "weights", "internal/vm", "internal/kernel/...", "internal/onnxruntime", "internal/report"},
	"importer":     {"internal/op", "internal/onnxfile", "internal/kernel"},
	"sam":          {"internal/kernel"},
	"tasks":        {"internal/matfile", "internal/fetch"},
	"augment":      nil,
	"weights":      {"internal/fetch"},

	"internal":                   nil,
	"internal/op":                {"internal/kernel", "internal/kernel/naive"},
	"internal/vm":                {"internal/op", "internal/kernel"},
	"internal/kernel":            nil,
	"internal/kernel/naive":      {"internal/kernel"},
	"internal/kernel/gokernel":   {"internal/kernel"},
	"internal/kernel/onednn":     {"internal/kernel", "internal/kernel/gokernel"},
	"internal/kernel/kerneltest": {"internal/kernel", "internal/kernel/naive"},
	"internal/onnxfile":          nil,
	"internal/onnxruntime":       nil,
	"internal/matfile":           nil,
	"internal/fetch":             nil,
	"internal/report":            nil,
	"internal/golden":            nil,
}

// onlyIn says which packages may import a module. Modules that it does not
// name are free to all but sam.
var onlyIn = map[string][]string{
	"gorgonia.org":                   {"importer", "internal/op", "internal/vm", "finetune"},
	"github.com/chewxy/hm":           {"internal/op"},
	"github.com/owulveryck/onnx-go":  {"importer"},
	"google.golang.org/protobuf":     {"internal/onnxfile"},
	"github.com/golang/protobuf":     {"internal/onnxfile"},
	"github.com/gogo/protobuf":       {"internal/onnxfile"},
	"github.com/ebitengine/purego":   {"internal/kernel/onednn", "internal/onnxruntime"},
	"github.com/mmcloughlin/avo":     {"internal/kernel/gokernel"},
	"github.com/disintegration":      {"augment"},
	"github.com/nfnt/resize":         {"augment"},
	"github.com/spf13":               {"cmd/finetune"},
	"gonum.org/v1/plot":              {"internal/report"},
	"github.com/schollz/progressbar": {"cmd/finetune"},
}

// TestImports reads the imports of every file, whatever its build tags, but for
// tests.
func TestImports(t *testing.T) {
	for _, file := range sourceFiles(t, "..") {
		from := path.Dir(file)
		rule, ok := ruleFor(from)
		if !ok {
			t.Errorf("%s: package %s is not in the table of what may import what", file, from)
			continue
		}
		for _, to := range imports(t, file) {
			if why := forbidden(from, rule, to); why != "" {
				t.Errorf("%s imports %q: %s", file, to, why)
			}
		}
	}
}

// forbidden says why package from, whose entry in mayImport is rule, may not
// import to.
func forbidden(from, rule, to string) string {
	if rest, ok := strings.CutPrefix(to, module+"/"); ok {
		if below(rest, rule) || slices.ContainsFunc(mayImport[rule], func(allowed string) bool { return matches(rest, allowed) }) {
			return ""
		}
		return rule + " may import " + listing(mayImport[rule])
	}
	if from == "sam" && strings.Contains(strings.Split(to, "/")[0], ".") {
		return "sam imports the standard library alone"
	}
	for prefix, users := range onlyIn {
		if below(to, prefix) && !slices.ContainsFunc(users, func(user string) bool { return below(from, user) }) {
			return prefix + " is for " + listing(users)
		}
	}
	return ""
}

func listing(packages []string) string {
	if len(packages) == 0 {
		return "no other package"
	}
	return strings.Join(packages, ", ")
}

// ruleFor returns the entry of mayImport that holds for a package: its own or
// that of the nearest package above it.
func ruleFor(pkg string) (string, bool) {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if _, ok := mayImport[pkg]; ok {
			return pkg, true
		}
	}
	return "", false
}

func matches(pkg, pattern string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/..."); ok {
		return below(pkg, dir)
	}
	return pkg == pattern
}

// below reports whether pkg is dir or lies below it.
func below(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// sourceFiles lists the Go files of the module at root, relative to it.
func sourceFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.ContainsRune("._", rune(d.Name()[0])) || d.Name() == "testdata"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// TestForbidden keeps the test above from passing for want of teeth.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"sam", "math", false},
		{"sam", "gonum.org/v1/gonum/mat", true},
		{"sam", "finetune/importer", true},
		{"augment", "github.com/disintegration/imaging", false},
		{"internal/kernel/onednn", "github.com/ebitengine/purego", false},
		{"finetune", "github.com/ebitengine/purego", true},
		{"tasks", "github.com/disintegration/imaging", true},
		{"tasks", "finetune/internal/matfile", false},
		{"finetune", "finetune/internal/kernel/gokernel", false},
		{"importer", "finetune/internal/kernel/gokernel", true},
		{"internal/kernel/gokernel", "gorgonia.org/tensor", true},
		{"internal/kernel/gokernel/internal/gen", "github.com/mmcloughlin/avo/build", false},
		{"internal/onnxfile", "finetune/internal/onnxfile/onnxpb", false},
		{"internal/onnxfile/onnxpb", "google.golang.org/protobuf/proto", false},
		{"importer", "google.golang.org/protobuf/proto", true},
	} {
		rule, ok := ruleFor(c.from)
		if !ok {
			t.Fatalf("no rule for %s", c.from)
		}
		if why := forbidden(c.from, rule, c.to); (why != "") != c.want {
			t.Errorf("%s imports %s: forbidden %v (%s), want %v", c.from, c.to, why != "", why, c.want)
		}
	}
	if _, ok := ruleFor("elsewhere"); ok {
		t.Error("a package that is not in the table has a rule")
	}
}
