package mutants_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// chooser is the package that mutated code asks. The overlay adds it to the module.
const chooser = `package mutant

import "os"

var chosen = os.Getenv("PLINTH_MUTANT")

// On reports whether a mutant is the one of this process.
func On(name string) bool { return name == chosen }

// Pick returns the fault of a mutant if it is the one of this process.
func Pick[T any](name string, right, fault T) T {
	if On(name) {
		return fault
	}
	return right
}
`

const (
	module        = "github.com/seed-7694ebf6/plinth/"
	chooserFolder = "internal/testkit/mutant"
)

// plant returns the mutated files by path.
func plant(root string, all []mutant) (map[string]string, error) {
	source, err := readSource(root)
	if err != nil {
		return nil, err
	}
	type change struct {
		spot

		code string
	}
	changes := map[*sourceFile][]change{}
	names := map[string]bool{}
	var wrong []error
	for _, m := range all {
		if names[m.name] {
			return nil, fmt.Errorf("two mutants have the name %s", m.name)
		}
		names[m.name] = true
		at, err := source.find(m.find)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		changes[at.file] = append(changes[at.file], change{at, m.code(at.file.text[at.start:at.end])})
	}
	files := map[string]string{}
	for f, changed := range changes {
		slices.SortFunc(changed, func(a, b change) int { return b.start - a.start })
		text, end := f.text, len(f.text)+1
		for _, c := range changed {
			if c.end > end {
				wrong = append(wrong, fmt.Errorf("two mutants of %s overlap: %q", f.path, f.text[c.start:c.end]))
				continue
			}
			text, end = text[:c.start]+c.code+text[c.end:], c.start
		}
		text, err := imported(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		files[f.path] = text
	}
	if wrong != nil {
		return nil, errors.Join(wrong...)
	}
	files[filepath.Join(root, chooserFolder, "mutant.go")] = chooser
	return files, nil
}

// imported imports the chooser into a file, on the line of its package clause.
func imported(text string) (string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	at := fset.Position(f.Name.End()).Offset
	return text[:at] + `; import "` + module + chooserFolder + `"` + text[at:], nil
}

// writeOverlay writes the mutated files and returns the name of the overlay's list.
func writeOverlay(dir, root string, files map[string]string) (string, error) {
	list := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range files {
		whole, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return "", err
		}
		to := filepath.Join(dir, strings.ReplaceAll(filepath.ToSlash(name), "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		list.Replace[whole] = to
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}
