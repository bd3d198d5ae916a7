package repository_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// constructor are the functions a reader begins with.
var constructor = regexp.MustCompile(`^(New|Open|Parse)([A-Z]|$)`)

// unshown are constructors without an example, with the reason.
var unshown = map[string]string{
	"store.New":                "the Open functions of the drivers call it",
	"store/schema.NewRegistry": "store.New calls it",
	"store/postgres.Open":      "its example needs a server and is compiled only",
}

// TestConstructorsHaveExamples finds, for every exported constructor of a package
// that applications import, an example in that package which calls it and whose
// output a test compares. Those that take a testing.TB are for tests, where an
// example could not call them.
func TestConstructorsHaveExamples(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); path != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"internal", "examples", "docs", "testdata", "node_modules"}, name)) {
			return fs.SkipDir
		}
		p := parsePackage(t, path)
		for name := range p.constructors {
			found++
			_, excused := unshown[filepath.ToSlash(path)+"."+name]
			if p.shown[name] == excused {
				t.Errorf("%s.%s: called by a checked example: %t, excused: %t", path, name, p.shown[name], excused)
			}
		}
		return nil
	})
	if err != nil || found < 15 {
		t.Errorf("%d constructors, %v", found, err)
	}
}

// sources is what of a package the test looks at.
type sources struct {
	constructors map[string]bool
	shown        map[string]bool // functions that checked examples call
}

func parsePackage(t *testing.T, dir string) sources {
	t.Helper()
	p := sources{constructors: map[string]bool{}, shown: map[string]bool{}}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, f := range files {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(set, filepath.Join(dir, f.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			switch {
			case !ok || fn.Recv != nil:
			case !strings.HasSuffix(f.Name(), "_test.go"):
				if constructor.MatchString(fn.Name.Name) && !forTests(fn) {
					p.constructors[fn.Name.Name] = true
				}
			case strings.HasPrefix(fn.Name.Name, "Example") && checked(file, fn):
				p.addCalls(strings.TrimSuffix(file.Name.Name, "_test"), fn)
			}
		}
	}
	return p
}

// addCalls takes down what an example calls in the package it stands beside.
func (p sources) addCalls(name string, example *ast.FuncDecl) {
	ast.Inspect(example.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if s, ok := call.Fun.(*ast.SelectorExpr); ok {
				if of, ok := s.X.(*ast.Ident); ok && of.Name == name {
					p.shown[s.Sel.Name] = true
				}
			}
		}
		return true
	})
}

// forTests reports whether the first parameter is a testing.TB.
func forTests(fn *ast.FuncDecl) bool {
	if len(fn.Type.Params.List) == 0 {
		return false
	}
	s, ok := fn.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "TB"
}

// checked reports whether an example has an output, without which it does not run.
func checked(file *ast.File, fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(file.Comments, func(c *ast.CommentGroup) bool {
		text := strings.ToLower(strings.TrimSpace(c.Text()))
		return c.Pos() > fn.Body.Pos() && c.End() < fn.Body.End() && (strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:"))
	})
}
