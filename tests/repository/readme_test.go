package repository_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The program of the README, of doc.go and of examples/quickstart is one text.
func TestProgramIsOneText(t *testing.T) {
	t.Parallel()
	source := read(t, "examples/quickstart/main.go")
	program := strings.TrimSpace(source[strings.Index(source, "package main"):])
	if !strings.Contains(read(t, "README.md"), "```go\n"+program+"\n```") {
		t.Error("README.md does not hold the program of examples/quickstart/main.go")
	}
	var doc strings.Builder
	for line := range strings.Lines(read(t, "doc.go")) {
		line = strings.TrimPrefix(line, "//")
		doc.WriteString(strings.TrimPrefix(line, "\t"))
	}
	if !strings.Contains(doc.String(), "\n"+program+"\n") {
		t.Error("doc.go does not hold the program of examples/quickstart/main.go")
	}
}

// The Go of pages stands in examples, which a test runs.
func TestPagesAreExamples(t *testing.T) {
	t.Parallel()
	examples := "\n" + strings.ReplaceAll(read(t, "example_test.go")+read(t, "auth/accounts/example_manage_test.go"), "\n\t", "\n") +
		read(t, "plinthtest/notes_test.go") + read(t, "plinthtest/rooms_test.go")
	for _, page := range []string{"docs/accounts.md", "docs/accounts-go.md", "docs/functions.md", "docs/mail.md", "docs/testing.md"} {
		blocks := strings.Split(read(t, page), "```go\n")[1:]
		if len(blocks) == 0 {
			t.Errorf("%s has no Go", page)
		}
		for _, block := range blocks {
			if block, _, _ = strings.Cut(block, "```"); !strings.Contains(examples, "\n"+block) {
				t.Errorf("%s: the examples do not have\n%s", page, block)
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// goFile matches the name of a Go file in a page, which may be a pattern.
var goFile = regexp.MustCompile("`([a-z_/]*[a-z_*]+\\.go)`")

// TestDesignNamesFiles: the Go files that docs/design.md leads its readers to exist.
func TestDesignNamesFiles(t *testing.T) {
	t.Parallel()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			files = append(files, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page := read(t, "docs/design.md")
	named := goFile.FindAllStringSubmatch(page, -1)
	for _, name := range named {
		exists := slices.ContainsFunc(files, func(file string) bool {
			whole, _ := path.Match(name[1], file)
			base, _ := path.Match(name[1], path.Base(file))
			return whole || base
		})
		if !exists {
			t.Errorf("docs/design.md names %s, which does not exist", name[1])
		}
	}
	if words := len(strings.Fields(page)); len(named) < 30 || words > 5000 {
		t.Errorf("docs/design.md names %d files in %d words", len(named), words)
	}
}
