package repository_test

import (
	"os"
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

// The Go of docs/accounts.md stands in an example, which a test runs.
func TestAccountsPageIsAnExample(t *testing.T) {
	t.Parallel()
	_, example, _ := strings.Cut(read(t, "example_test.go"), "func ExampleConfig_accounts() {\n")
	example, _, _ = strings.Cut(example, "\n}\n")
	example = strings.ReplaceAll("\n"+example, "\n\t", "\n")
	blocks := strings.Split(read(t, "docs/accounts.md"), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Error("docs/accounts.md has no Go")
	}
	for _, block := range blocks {
		if block, _, _ = strings.Cut(block, "```"); !strings.Contains(example, "\n"+block) {
			t.Errorf("ExampleConfig_accounts does not have\n%s", block)
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
