package guide_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const module = "github.com/seed-7694ebf6/plinth"

var (
	block = regexp.MustCompile("(?s)```(go|sh)\n(.*?)```")
	named = regexp.MustCompile("`([a-z_]+\\.go)`")
)

// TestGuide follows docs/guide.md in an empty folder: it writes each Go block to the file that the text before it names
// last, and runs each shell block. The module comes from this repository in place of the network.
func TestGuide(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, filepath.Join(root, "docs", "guide.md"))
	dir := t.TempDir()
	folder := filepath.Join(dir, "tasks") // the guide's first command makes it
	environment := append(os.Environ(), "GOFLAGS=-mod=mod")
	files, commands, last := 0, 0, 0
	for _, at := range block.FindAllStringSubmatchIndex(text, -1) {
		before, kind, body := text[last:at[0]], text[at[2]:at[3]], text[at[4]:at[5]]
		last = at[1]
		if kind == "go" {
			names := named.FindAllStringSubmatch(before, -1)
			if len(names) == 0 {
				t.Fatalf("no file is named before\n%s", body)
			}
			write(t, filepath.Join(folder, names[len(names)-1][1]), body)
			files++
			continue
		}
		for line := range strings.Lines(body) {
			commands++
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "mkdir tasks"):
				if err := os.Mkdir(folder, 0o755); err != nil {
					t.Fatal(err)
				}
			case line == "go get "+module:
				run(t, folder, environment, "go mod edit -require="+module+"@v0.0.0 -replace="+module+"="+root)
				write(t, filepath.Join(folder, "go.sum"), read(t, filepath.Join(root, "go.sum")))
			case strings.HasPrefix(line, "export "):
				name, value, _ := strings.Cut(strings.TrimPrefix(line, "export "), "=")
				environment = append(environment, name+"="+value)
			default:
				run(t, folder, environment, line)
			}
		}
	}
	if files != 5 || commands < 10 {
		t.Errorf("found %d files and %d commands in the guide", files, commands)
	}
	if up := read(t, filepath.Join(folder, "migrations", "sqlite", "0001_init.up.sql")); !strings.Contains(up, `create table "tasks"`) {
		t.Errorf("the migration is\n%s", up)
	}
}

func run(t *testing.T, dir string, environment []string, line string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir, cmd.Env = dir, environment
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRecipes finds each Go block of docs/recipes.md in the code of examples/projects, apart from indentation.
func TestRecipes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "projects", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range files {
		code.WriteString(read(t, name))
	}
	plain := func(s string) string {
		lines := strings.Split(strings.TrimSpace(s), "\n")
		for i, line := range lines {
			lines[i] = strings.TrimSpace(line)
		}
		return strings.Join(lines, "\n")
	}
	blocks := block.FindAllStringSubmatch(read(t, filepath.Join("..", "..", "docs", "recipes.md")), -1)
	for _, b := range blocks {
		if !strings.Contains(plain(code.String()), plain(b[2])) {
			t.Errorf("examples/projects does not have\n%s", b[2])
		}
	}
	if len(blocks) < 10 {
		t.Errorf("found %d blocks", len(blocks))
	}
}
