package matfile

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestShared reads files that MATLAB wrote.
func TestShared(t *testing.T) {
	const shared = "../../../shared/data"
	if _, err := os.Stat(shared); err != nil {
		t.Skip("needs ../shared/data beside the repository")
	}
	for _, test := range []struct{ file, variable, want string }{
		{"labels/flowers/imagelabels.mat", "labels", "1×8189 double"},
		{"labels/flowers/setid.mat", "trnid", "1×1020 double"},
		{"labels/flowers/setid.mat", "valid", "1×1020 double"},
		{"labels/flowers/setid.mat", "tstid", "1×6149 double"},
		{"labels/cars/cars_meta.mat", "class_names", "1×196 cell"},
		{"labels/cars/cars_train_annos.mat", "annotations", "1×8144 struct"},
		{"labels/cars/cars_test_annos.mat", "annotations", "1×8041 struct"},
		{"cars/devkit/cars_train_annos.mat", "annotations", "1×1167 struct"},
		{"cars/devkit/cars_test_annos_withlabels.mat", "annotations", "1×1136 struct"},
		{"pets_odd_originals/Abyssinian_100.mat", "frames", "4×175288 double"},
		{"pets_odd_originals/Abyssinian_100.mat", "binsa", "1×175288 double"},
	} {
		r, err := os.Open(filepath.Join(shared, test.file))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		f, err := Read(r, Limits{})
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		want := fmt.Sprintf("variable %q: %s", test.variable, test.want)
		if got := f.must(t, test.variable).describe(); got != want {
			t.Errorf("%s: %s, want %s", test.file, got, want)
		}
	}
}
