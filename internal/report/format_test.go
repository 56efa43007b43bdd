package report

import "testing"

func TestFormat(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{percent(0.9455), "94.5"},
		{percent(1), "100.0"},
		{group(7), "7"},
		{group(6149), "6,149"},
		{group(-123456), "-123,456"},
		{seconds(3.21), "3.2 s"},
		{seconds(48), "48 s"},
		{seconds(872), "14 min 32 s"},
		{seconds(7500), "2 h 5 min"},
		{size(13_900_000), "13.9 MB"},
		{size(900), "1 kB"},
		{shorten("größer", 6), "größer"},
		{shorten("größere", 6), "größe…"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}
