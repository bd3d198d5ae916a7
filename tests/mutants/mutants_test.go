package mutants_test

import (
	"go/parser"
	"go/token"
	"testing"
)

// root is the folder of the module.
const root = "../.."

// TestMutantsStand: each mutant has its place in the code, and the code is Go with all of them.
func TestMutantsStand(t *testing.T) {
	t.Parallel()
	all := mutants()
	for _, m := range all {
		if m.breaks == "" || len(m.tests) == 0 {
			t.Errorf("%s: say what it breaks and which tests find it", m.name)
		}
	}
	files, err := plant(root, all)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		if _, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution); err != nil {
			t.Errorf("%s with mutants: %v", path, err)
		}
	}
}
