package repository_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The shape of the code: what one type, one package and the folder of the repository may
// hold at most.
const (
	mostMethods     = 50   // of one type
	mostMethodFiles = 10   // files with methods of one type
	mostLines       = 6000 // of one package

	mostJobLines  = 2_500  // of store/jobs, which is not counted in the lines of code
	mostRootFiles = 12     // Go files in the folder of the repository
	mostCode      = 81_379 // lines of code that is no test, examples apart
	mostHousehold = 0.3    // household words in 1,000 words of comments
)

// household are words of comments that stand for a term of the field.
var household = strings.Fields("whoever whatever nobody somebody anybody nobody's somebody's elsewhere dear likewise thereof whose whom told tells " +
	"lend lends lent stranger strangers guest guests wherever meanwhile")

// exceptions are types and packages above a limit. The numbers may only fall.
var exceptions = map[string]int{
	"lines of code": 98_000,
}

// shape is what is counted.
type shape struct {
	methods map[string]int             // by type
	files   map[string]map[string]bool // with methods, by type
	lines   map[string]int             // by package, tests apart
	words   int                        // of comments
	odd     map[string]int             // household words
	root    []string                   // Go files
}

func TestShape(t *testing.T) {
	t.Parallel()
	s, err := measure(".")
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got, limit int) {
		if limit := max(limit, exceptions[what]); got > limit {
			t.Errorf("%s: %d, at most %d", what, got, limit)
		}
	}
	for name, n := range s.methods {
		check("methods of "+name, n, mostMethods)
		check("files with methods of "+name, len(s.files[name]), mostMethodFiles)
	}
	code := 0
	for name, n := range s.lines {
		if name == "store/jobs" {
			check("lines of "+name, n, mostJobLines)
			continue
		}
		check("lines of "+name, n, mostLines)
		if !strings.HasPrefix(name, "examples") {
			code += n
		}
	}
	check("lines of code", code, mostCode)
	check("Go files at the root", len(s.root), mostRootFiles)
	odd := 0
	for _, n := range s.odd {
		odd += n
	}
	if float64(odd) > mostHousehold*float64(s.words)/1000 {
		t.Errorf("%d household words in %d words of comments: %v", odd, s.words, s.odd)
	}
	if code < 50_000 || s.words < 50_000 || s.methods["api.exchange"] == 0 {
		t.Errorf("counted %d lines, %d words and %d types: the test does not see the code", code, s.words, len(s.methods))
	}
}

// measure counts in all Go files of the module.
func measure(root string) (*shape, error) {
	s := &shape{methods: map[string]int{}, files: map[string]map[string]bool{}, lines: map[string]int{}, odd: map[string]int{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "testdata" || d.Name() == "node_modules" || name == "bench" || len(name) > 1 && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		dir := filepath.ToSlash(filepath.Dir(name))
		if dir == "." {
			s.root = append(s.root, name)
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return s.add(dir, path)
	})
	return s, err
}

// add counts in one file.
func (s *shape) add(dir, path string) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	s.lines[dir] += fset.File(f.Package).LineCount() - 1
	for _, group := range f.Comments {
		for _, word := range strings.FieldsFunc(strings.ToLower(group.Text()), func(r rune) bool { return (r < 'a' || r > 'z') && r != '\'' }) {
			s.words++
			if slices.Contains(household, word) {
				s.odd[word]++
			}
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil {
			continue
		}
		receiver := dir + "." + typeName(fn.Recv.List[0].Type)
		s.methods[receiver]++
		if s.files[receiver] == nil {
			s.files[receiver] = map[string]bool{}
		}
		s.files[receiver][path] = true
	}
	return nil
}

// typeName returns the name of a receiver's type.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return fmt.Sprintf("%T", e)
}

// TestInternalPackages: internal has at most 20 packages beside the test kits.
func TestInternalPackages(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	err := filepath.WalkDir("internal", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.Contains(filepath.ToSlash(path), "/testkit/") {
			found[filepath.Dir(path)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 20 || len(found) < 5 {
		t.Errorf("%d packages, at most 20: %q", len(found), slices.Sorted(maps.Keys(found)))
	}
}
