package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"finetune/internal/fetch"
)

func TestEmbedded(t *testing.T) {
	first := Table()[0]
	if first.URL != "" || first.Name != "efficientnet_lite0.google" {
		t.Errorf("first row is %s of %q, want the embedded efficientnet_lite0.google", first.Name, first.URL)
	}
	data, info, err := Open(t.Context(), "efficientnet_lite0", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if info != first {
		t.Errorf("info = %+v, want %+v", info, first)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != info.SHA256 || int64(len(data)) != info.Bytes {
		t.Errorf("%d bytes of sha256 %x, want %d of %s", len(data), sum, info.Bytes, info.SHA256)
	}
	data[0]++
	if again, _, _ := Open(t.Context(), first.Name, Options{}); again[0] == data[0] {
		t.Error("a caller can change the embedded bytes")
	}
}

func TestTable(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9_]+\.[a-z0-9]+$`)
	hash := regexp.MustCompile(`^[0-9a-f]{64}$`)
	seen := make(map[string]string)
	unique := func(kind, value, row string) {
		if other, ok := seen[kind+value]; ok {
			t.Errorf("%s and %s have the same %s", other, row, kind)
		}
		seen[kind+value] = row
	}
	for i, info := range Table() {
		if !name.MatchString(info.Name) {
			t.Errorf("row %d is named %q, want arch.origin", i, info.Name)
		}
		if !hash.MatchString(info.SHA256) {
			t.Errorf("%s: sha256 is %q", info.Name, info.SHA256)
		}
		unique("name", info.Name, info.Name)
		unique("sha256", info.SHA256, info.Name)
		unique("file", path.Base(info.URL), info.Name)
		if info.Bytes < 1<<20 || info.Bytes > 1<<30 {
			t.Errorf("%s: %d bytes", info.Name, info.Bytes)
		}
		if info.Licence == "" || info.Source == "" || info.Classifier == "" {
			t.Errorf("%s: licence %q, source %q, classifier %q", info.Name, info.Licence, info.Source, info.Classifier)
		}
		if err := info.Validate(); err != nil {
			t.Errorf("%s: %v", info.Name, err)
		}
		for c := range 3 {
			if info.Mean[c] < 100 || info.Mean[c] > 130 || info.Std[c] > 130 {
				t.Errorf("%s: mean %v and std %v are not of 0..255", info.Name, info.Mean, info.Std)
			}
		}
		if i == 0 {
			continue
		}
		if !strings.HasPrefix(info.URL, "https://") || !strings.HasPrefix(info.Mirror, "https://") || path.Base(info.URL) != path.Base(info.Mirror) {
			t.Errorf("%s: URL %s, mirror %s", info.Name, info.URL, info.Mirror)
		}
	}
}

// TestManifest compares with the zoo's manifest, where it lies beside the
// repository.
func TestManifest(t *testing.T) {
	manifest, err := os.ReadFile("../../shared/weights/zoo.tsv")
	if err != nil {
		t.Skip("no ../../shared/weights/zoo.tsv")
	}
	for _, info := range Table()[1:] {
		found := false
		for line := range strings.Lines(string(manifest)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if len(f) != 7 || !strings.HasSuffix(info.Mirror, f[1]) {
				continue
			}
			found = true
			if f[3] != strconv.FormatInt(info.Bytes, 10) || f[4] != info.SHA256 || f[6] != info.Classifier {
				t.Errorf("%s: %v, want %v", info.Name, info, f)
			}
		}
		if !found {
			t.Errorf("%s: not in the manifest", info.Name)
		}
	}
}

func TestLookup(t *testing.T) {
	for name, want := range map[string]string{
		"efficientnet_lite0":        "efficientnet_lite0.google",
		"efficientnet_lite0.google": "efficientnet_lite0.google",
		"mobilenetv2.pytorch":       "mobilenetv2.pytorch",
		"resnet18_v2":               "resnet18_v2.mxnet",
	} {
		if info, err := Lookup(name); err != nil || info.Name != want {
			t.Errorf("%s: %s, %v, want %s", name, info.Name, err, want)
		}
	}
	for name, want := range map[string]string{
		"mobilenetv2":         `weights: "mobilenetv2" may be mobilenetv2.mxnet, mobilenetv2.pytorch: want one of them`,
		"resnet50":            `weights: no backbone is named "resnet50"; near it are resnet50_v1.mxnet, resnet50_v2.mxnet,`,
		"EfficientNet-Lite0":  `near it are efficientnet_lite0.google,`,
		"":                    `no backbone is named ""`,
		"mobilenetv2.pytroch": `near it are mobilenetv2.pytorch,`,
	} {
		_, err := Lookup(name)
		var wrong *NameError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", name, err, want)
		}
	}
}

func TestOpenFetches(t *testing.T) {
	content := []byte("not really an ONNX")
	sum := sha256.Sum256(content)
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		if r.URL.Path == "/gone.onnx" {
			http.NotFound(w, r)
			return
		}
		w.Write(content)
	}))
	defer server.Close()
	info := Info{
		URL: server.URL + "/gone.onnx", Mirror: server.URL + "/here.onnx",
		SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(content)),
	}
	dir := t.TempDir()
	for range 2 {
		data, err := info.open(t.Context(), Options{CacheDir: dir})
		if err != nil || !bytes.Equal(data, content) {
			t.Errorf("data %q, error %v", data, err)
		}
	}
	if requests != 2 {
		t.Errorf("%d requests, want 2: one that found nothing and one of the mirror", requests)
	}

	if err := os.WriteFile(filepath.Join(dir, "gone.onnx"), []byte("not really an onnx"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := info.open(t.Context(), Options{CacheDir: dir})
	var wrong *fetch.HashError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "delete the file to fetch it again") {
		t.Errorf("error %v, want a HashError", err)
	}
	if _, _, err := Open(t.Context(), "resnet", Options{CacheDir: dir}); err == nil {
		t.Error("no error for an unknown name")
	}
}
