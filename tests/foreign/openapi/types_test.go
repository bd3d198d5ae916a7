package openapi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGoldenTypes compares the types of the fixture with a file that a person has read.
func TestGoldenTypes(t *testing.T) {
	t.Parallel()
	compare(t, "database.ts", fetch(t, handler(t), "editor", "/rest/v1/-/types.ts"))
}

// TestCompile lets the TypeScript compiler read the types together with calls of
// supabase-js: those of compile.ts must compile, and none of refuse.ts may, or the
// compiler reports an unused @ts-expect-error.
func TestCompile(t *testing.T) {
	t.Parallel()
	requirePackages(t)
	h := handler(t)
	if out, err := compile(t, fetch(t, h, "editor", "/rest/v1/-/types.ts")); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// Types of a caller who may do less do not fit the same calls.
	if out, err := compile(t, fetch(t, h, "anonymous", "/rest/v1/-/types.ts")); err == nil {
		t.Errorf("the calls of the editor compile for an anonymous caller\n%s", out)
	}
}

// compile runs the compiler on the calls with types beside them, in a folder below
// this one, where it finds the packages.
func compile(t *testing.T, types []byte) ([]byte, error) {
	t.Helper()
	dir, err := os.MkdirTemp("node_modules", ".calls-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.CopyFS(dir, os.DirFS("calls")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"database.ts": types, "package.json": []byte(`{"type":"module"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return exec.CommandContext(t.Context(), "node", "node_modules/typescript/bin/tsc", "--project", dir).CombinedOutput()
}
