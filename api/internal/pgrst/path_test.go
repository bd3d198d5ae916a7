package pgrst_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

func TestSplitPath(t *testing.T) {
	t.Parallel()

	longest := strings.Repeat("a", 512)
	tests := []struct {
		path string
		want pgrst.Path
	}{
		{"", pgrst.Path{Shape: pgrst.ShapeRoot}},
		{"/", pgrst.Path{Shape: pgrst.ShapeRoot}},
		{"/notes", pgrst.Path{Shape: pgrst.ShapeTable, Name: "notes"}},
		{"notes", pgrst.Path{Shape: pgrst.ShapeTable, Name: "notes"}},
		{"/my%20notes", pgrst.Path{Shape: pgrst.ShapeTable, Name: "my notes"}},
		{"/rpc", pgrst.Path{Shape: pgrst.ShapeTable, Name: "rpc"}},
		{"/rpc/f", pgrst.Path{Shape: pgrst.ShapeCall, Name: "f"}},
		{"/r%70c/f", pgrst.Path{Shape: pgrst.ShapeCall, Name: "f"}},
		{"/notes/1", pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: "1"}},
		{"/notes/a%2Fb%2f", pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: "a/b/"}},
		{"/notes/a+b", pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: "a+b"}},
		{"/notes/..%2F1", pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: "../1"}},
		{"/notes/1%20OR%201=1", pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: "1 OR 1=1"}},
		{"/notes/%C3%A9", pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: "é"}},
		{"/notes/" + longest, pgrst.Path{Shape: pgrst.ShapeRow, Name: "notes", ID: longest}},
		{"/-", pgrst.Path{Shape: pgrst.ShapeReserved}},
		{"/-/openapi.json", pgrst.Path{Shape: pgrst.ShapeReserved, Name: "openapi.json"}},
		{"/-/changes/a/b", pgrst.Path{Shape: pgrst.ShapeReserved, Name: "changes/a/b"}},
		{"/%2D/x", pgrst.Path{Shape: pgrst.ShapeReserved, Name: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()

			if got, err := pgrst.SplitPath(tt.path); err != nil || got != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestSplitPathRefuses(t *testing.T) {
	t.Parallel()

	for path, want := range map[string]string{
		"//":                                   "PGRST125",
		"//notes":                              "PGRST125",
		"/notes/":                              "PGRST125",
		"/notes//":                             "PGRST125",
		"/notes/1/":                            "PGRST125",
		"/notes/1/title":                       "PGRST125",
		"/notes/../1":                          "PGRST125",
		"/rpc/":                                "PGRST125",
		"/rpc/a/b":                             "PGRST125",
		"/notes/%":                             "PGRST100",
		"/notes/%zz":                           "PGRST100",
		"/notes/%00":                           "PGRST100",
		"/notes/%ff":                           "PGRST100",
		"/%c3":                                 "PGRST100",
		"/rpc/%00":                             "PGRST100",
		"/notes/" + strings.Repeat("a", 513):   "PL001",
		"/notes/" + strings.Repeat("%61", 513): "PL001",
		"/notes/" + strings.Repeat("a", 5<<10): "PL001",
	} {
		_, err := pgrst.SplitPath(path)
		if err == nil {
			t.Errorf("%.40s: no error", path)
		} else if code, _, _ := problemOf(t, err); code != want {
			t.Errorf("%.40s: %s, want %s", path, code, want)
		}
	}
}

func TestShapeString(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for shape := pgrst.ShapeRoot; shape <= pgrst.ShapeReserved; shape++ {
		if s := shape.String(); s[0] != '/' || seen[s] {
			t.Errorf("shape %d is %q", shape, s)
		} else {
			seen[s] = true
		}
	}
}
