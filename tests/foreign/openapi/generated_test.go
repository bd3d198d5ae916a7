package openapi_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestGeneratedClient generates a client for TypeScript from a running application in
// development, compiles it strictly together with calls, and runs them.
func TestGeneratedClient(t *testing.T) {
	t.Parallel()
	requirePackages(t)
	programtest.File(t, "npm-packages", "node_modules/openapi-typescript", "npm --prefix tests/foreign/openapi ci")
	base := startQuickstart(t)
	dir, err := os.MkdirTemp("node_modules", ".generated-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.CopyFS(dir, os.DirFS("generated")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"node_modules/openapi-typescript/bin/cli.js", base + "/rest/v1/-/openapi.json", "-o", filepath.Join(dir, "schema.d.ts")},
		{"node_modules/typescript/bin/tsc", "--project", dir},
		{filepath.Join(dir, "use.js"), base},
	} {
		if out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
}

// startQuickstart runs examples/quickstart until the test ends and returns its URL.
func startQuickstart(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "quickstart")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../examples/quickstart").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PLINTH_ADDR=127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	base := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, at, ok := strings.Cut(lines.Text(), "development mode on "); ok {
			base = at
		}
		if strings.HasPrefix(lines.Text(), "Try:") {
			return base
		}
	}
	t.Fatal("the program has ended")
	return ""
}
