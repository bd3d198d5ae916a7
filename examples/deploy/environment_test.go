package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const operations = "../../docs/operations.md"

// variables returns what the comment of FromEnv says of each variable, in its order.
func variables(t *testing.T) (names, texts []string) {
	t.Helper()
	_, comment, _ := strings.Cut(read(t, "../../config.go"), "// FromEnv returns the configuration of the environment:\n")
	comment, _, _ = strings.Cut(comment, "\nfunc FromEnv")
	line := regexp.MustCompile(`^//\t(PLINTH_\w+)?\s+(.*)$`)
	for text := range strings.Lines(comment) {
		m := line.FindStringSubmatch(strings.TrimRight(text, "\n"))
		switch {
		case m == nil:
		case m[1] != "":
			names, texts = append(names, m[1]), append(texts, m[2])
		case len(texts) > 0:
			texts[len(texts)-1] += " " + m[2]
		}
	}
	return names, texts
}

// TestEnvironmentIsWhole: what the library reads is what the comment of FromEnv has, and what these files set exists.
func TestEnvironmentIsWhole(t *testing.T) {
	t.Parallel()
	names, _ := variables(t)
	sources, err := filepath.Glob("../../*.go")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d variables, %v", len(names), err)
	}
	var read []string
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:Getenv|LookupEnv|c\.read\w+)\("(PLINTH_\w+)"`).FindAllSubmatch(text, -1) {
			read = append(read, string(m[1]))
		}
	}
	slices.Sort(read)
	read = slices.Compact(read)
	if known := slices.Sorted(slices.Values(names)); !slices.Equal(known, read) {
		t.Errorf("documented are\n%q, read\n%q", known, read)
	}
	for _, file := range []string{"Dockerfile", "compose.yaml", "app.env.example", "kubernetes/config.yaml", "kubernetes/secret.example.yaml", "terraform/main.tf", "haproxy/haproxy.cfg", "nginx/nginx.conf", operations} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`PLINTH_[A-Z_]*[A-Z]`).FindAllString(string(text), -1) {
			if !slices.Contains(names, name) {
				t.Errorf("%s has %s, which nobody reads", file, name)
			}
		}
	}
}
