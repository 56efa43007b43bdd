package finetune

import "testing"

func TestLastTensors(t *testing.T) {
	for _, test := range []struct {
		spec string
		want int
	}{{"all", 9}, {"head", 0}, {"last:0", 0}, {"last:4", 4}, {"last:40", 9}} {
		if got, err := lastTensors(test.spec, 9); err != nil || got != test.want {
			t.Errorf("lastTensors(%q, 9) = %d, %v; want %d", test.spec, got, err, test.want)
		}
	}
	for _, spec := range []string{"", "last", "last:", "last:-1", "last:x", "some"} {
		if _, err := lastTensors(spec, 9); err == nil {
			t.Errorf("lastTensors(%q): no error", spec)
		}
	}
}
