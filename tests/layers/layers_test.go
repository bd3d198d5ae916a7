// Package layers_test holds the files of large packages to layers. Inside a package the
// compiler does not check which file uses which, so this test does.
package layers_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/seed-7694ebf6/plinth"

// layered is a package with the layers of its files.
type layered struct {
	path   string
	layers []layer // the lowest first

	// upward is how many pairs of declarations point to a higher layer. It may only fall.
	upward int
}

// layer is a group of files, given by patterns without ".go". The first pattern that
// matches a file decides.
type layer struct {
	name  string
	files []string
}

var packages = []layered{
	{path: "store", upward: 0, layers: []layer{
		{"names", []string{"alias_*", "kind"}},
		{"store", []string{
			"db", "repo", "repo_core", "column", "hooks", "mixin", "id", "date", "decimal", "json", "trace*", "log_statements", "tx_public",
			"bun", "doc", "group", "stats", "codec", "scalars", "sql",
		}},
	}},
}

// TestLayers counts the declarations that use one of a higher layer.
func TestLayers(t *testing.T) {
	t.Parallel()
	for _, p := range packages {
		t.Run(path.Base(p.path), func(t *testing.T) {
			t.Parallel()
			found, err := p.check()
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != p.upward {
				t.Errorf("%s has %d arrows to higher layers, want %d: break new ones, and lower the number when some are gone\n%s",
					p.path, len(found), p.upward, strings.Join(found, "\n"))
			}
		})
	}
}

// check returns the arrows to higher layers, and an error for a file without a layer.
func (p layered) check() ([]string, error) {
	fset := token.NewFileSet()
	dir := filepath.Join("..", "..", filepath.FromSlash(p.path))
	files, err := parse(fset, dir)
	if err != nil {
		return nil, err
	}
	exports, err := exportData(p.path)
	if err != nil {
		return nil, err
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", exports)}
	pkg, err := conf.Check(module+"/"+p.path, fset, files, info)
	if err != nil {
		return nil, err
	}
	rank := map[string]int{}
	for _, f := range files {
		name := fset.Position(f.Package).Filename
		if rank[name] = p.rank(name); rank[name] < 0 {
			return nil, fmt.Errorf("%s has no layer", name)
		}
	}
	arrows := map[string]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			from := fset.Position(d.Pos()).Filename
			ast.Inspect(d, func(n ast.Node) bool {
				id, _ := n.(*ast.Ident)
				if o := info.Uses[id]; o != nil && o.Pkg() == pkg {
					to := fset.Position(o.Pos()).Filename
					if rank[to] > rank[from] {
						arrows[fmt.Sprintf("%s: %s uses %s of %s", filepath.Base(from), nameOf(d), o.Name(), filepath.Base(to))] = true
					}
				}
				return true
			})
		}
	}
	return slices.Sorted(maps.Keys(arrows)), nil
}

// rank returns the layer of a file, -1 if it has none. A name goes before a pattern.
func (p layered) rank(file string) int {
	name := strings.TrimSuffix(filepath.Base(file), ".go")
	best, found := "", -1
	for i, l := range p.layers {
		for _, pattern := range l.files {
			if ok, err := path.Match(pattern, name); err == nil && ok && (found < 0 || cmp.Compare(len(pattern), len(best)) > 0 || pattern == name) {
				best, found = pattern, i
			}
		}
	}
	return found
}

// parse reads the files of a package without its tests.
func parse(fset *token.FileSet, dir string) (files []*ast.File, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// exportData returns what an importer needs of the packages that a package imports.
func exportData(pkg string) (func(string) (io.ReadCloser, error), error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", "./"+pkg)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	exports := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
	}
	return func(name string) (io.ReadCloser, error) { return os.Open(exports[name]) }, nil
}

// nameOf returns the name of a declaration, with the type of a method's receiver.
func nameOf(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return types.ExprString(d.Recv.List[0].Type) + "." + d.Name.Name
		}
		return d.Name.Name
	case *ast.GenDecl:
		switch s := d.Specs[0].(type) {
		case *ast.TypeSpec:
			return s.Name.Name
		case *ast.ValueSpec:
			return s.Names[0].Name
		}
	}
	return "a declaration"
}
