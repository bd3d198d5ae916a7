package deploy_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/operations.md")

const (
	operations = "../../docs/operations.md"
	tableBegin = "<!-- environment: written by go test ./examples/deploy -run Environment -update -->\n"
	tableEnd   = "<!-- end of environment -->"
)

// variables returns what the comment of FromEnv says of each variable, in its order.
func variables(t *testing.T) (names, texts []string) {
	t.Helper()
	_, comment, _ := strings.Cut(read(t, "../../environment.go"), "// FromEnv returns the configuration of the environment:\n")
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

// TestEnvironmentTable: the operator's page has every variable, in the words of FromEnv.
func TestEnvironmentTable(t *testing.T) {
	t.Parallel()
	names, texts := variables(t)
	var b strings.Builder
	b.WriteString("| variable | |\n|---|---|\n")
	for i, name := range names {
		b.WriteString("| `" + name + "` | " + strings.ReplaceAll(texts[i], "|", `\|`) + " |\n")
	}
	page := read(t, operations)
	before, rest, found := strings.Cut(page, tableBegin)
	now, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		t.Fatal("the page has no place for the table")
	}
	if *update {
		write(t, operations, []byte(before+tableBegin+b.String()+tableEnd+after))
		return
	}
	if now != b.String() {
		t.Errorf("the table is not what FromEnv says; run this test with -update. Want\n%s", b.String())
	}
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
		for _, m := range regexp.MustCompile(`"(PLINTH_\w+)"`).FindAllSubmatch(text, -1) {
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
