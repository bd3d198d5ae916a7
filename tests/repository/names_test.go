package repository_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// mostStoreNames is how many names package store may export, methods and fields apart.
const mostStoreNames = 170

// TestStoreNames counts the exported names of package store.
func TestStoreNames(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("store/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			names = append(names, exportedNames(decl)...)
		}
	}
	if len(names) > mostStoreNames || len(names) < 50 {
		t.Errorf("%d exported names, at most %d: what only the API or a tool needs belongs to a package below: %q", len(names), mostStoreNames, names)
	}
}

// exportedNames returns the exported names of a declaration, methods apart.
func exportedNames(decl ast.Decl) (names []string) {
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			if id.IsExported() {
				names = append(names, id.Name)
			}
		}
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			add(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				add(s.Name)
			case *ast.ValueSpec:
				add(s.Names...)
			}
		}
	}
	return names
}
