package repository_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// valid are options of which every value is valid. Their constructors fail for a parameter.
var valid = []string{"middleware.RequireOptions", "middleware.AuthenticateOptions", "middleware/otel.Options", "middleware/prometheus.Options", "store/changelog.ReadOptions", "api/realtime.Config"}

var settings = regexp.MustCompile(`(Options|Config)$`)

// TestConstructors holds docs/design.md, section Constructors: none panics, and options that
// can be rejected have Validate.
func TestConstructors(t *testing.T) {
	t.Parallel()
	validated, taken := map[string]bool{}, map[string]string{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && file != "." && (name[0] == '.' || slices.Contains([]string{"internal", "tests", "bench", "examples", "testdata", "node_modules", "storetest"}, name)) {
			return filepath.SkipDir
		}
		if entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(file))
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			if f.Recv != nil {
				if f.Name.Name == "Validate" {
					validated[dir+"."+typeName(f.Recv.List[0].Type)] = true
				}
				continue
			}
			of := settingsOf(f)
			if (of != "" || constructor.MatchString(f.Name.Name)) && panics(f) {
				t.Errorf("%s.%s panics", dir, f.Name.Name)
			}
			if of != "" && failing(f) {
				taken[dir+"."+of] = dir + "." + f.Name.Name
			}
		}
		return nil
	})
	if err != nil || len(taken) < 20 {
		t.Fatalf("%d constructors with options, %v", len(taken), err)
	}
	for of, by := range taken {
		if validated[of] == slices.Contains(valid, of) {
			t.Errorf("%s, which %s takes, needs Validate: has it %t, every value is valid %t", of, by, validated[of], slices.Contains(valid, of))
		}
	}
}

// settingsOf returns the name of the options that a function takes last, "" without any.
func settingsOf(f *ast.FuncDecl) string {
	if n := len(f.Type.Params.List); n > 0 {
		if name := typeName(f.Type.Params.List[n-1].Type); settings.MatchString(name) {
			return name
		}
	}
	return ""
}

// failing reports whether a function returns an error.
func failing(f *ast.FuncDecl) bool {
	r := f.Type.Results
	return r != nil && typeName(r.List[len(r.List)-1].Type) == "error"
}

func panics(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && typeName(call.Fun) == "panic"
		return true
	})
	return found
}
