package plinth_test

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

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
