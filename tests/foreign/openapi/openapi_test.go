package openapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

var update = flag.Bool("update", false, "write the golden files")

// callers are the principals that documents are read for.
var callers = map[string]auth.Principal{
	"service":   {Kind: auth.Service, ID: "key"},
	"editor":    {Kind: auth.User, ID: "0190a0b0-0000-7000-8000-000000000001", Roles: []string{"editor"}},
	"anonymous": {},
}

// fetch returns what the fixture answers a caller.
func fetch(t *testing.T, h http.Handler, caller, path string) []byte {
	t.Helper()
	ctx := auth.WithPrincipal(t.Context(), callers[caller])
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("%s for %s: %d %s", path, caller, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// TestValidators lets two validators read the documents of the fixture, and
// broken ones, so that it is seen that they can say no.
func TestValidators(t *testing.T) {
	t.Parallel()
	requirePackages(t)
	h, dir := handler(t), t.TempDir()
	files := map[string]bool{} // whether a file is right
	write := func(name string, text []byte, right bool) {
		file := filepath.Join(dir, name+".json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		files[file] = right
	}
	for caller := range callers {
		write(caller, fetch(t, h, caller, "/rest/v1/"), true)
	}
	whole := string(fetch(t, h, "service", "/rest/v1/"))
	for name, text := range map[string]string{
		"no-such-schema":  strings.Replace(whole, `"everything.Row":`, `"everything.Other":`, 1),
		"no-such-type":    strings.Replace(whole, `"type":"boolean"`, `"type":"bool"`, 1),
		"operation-twice": strings.Replace(whole, `"operationId":"countries.list"`, `"operationId":"groups.list"`, 1),
	} {
		write(name, []byte(text), false)
	}
	judge(t, files)
}

// TestExamples lets the validators read what both examples print of themselves.
func TestExamples(t *testing.T) {
	t.Parallel()
	requirePackages(t)
	dir, files := t.TempDir(), map[string]bool{}
	for _, example := range []string{"quickstart", "atlas"} {
		binary := filepath.Join(dir, example)
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../examples/"+example).CombinedOutput(); err != nil {
			t.Fatalf("go build %s: %v\n%s", example, err, out)
		}
		for _, role := range []string{"", "authenticated", "anonymous"} {
			cmd := exec.CommandContext(t.Context(), binary, "openapi", "-role", role)
			cmd.Env = append(os.Environ(), "PLINTH_DATABASE_URL=:memory:")
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v", cmd, err)
			}
			file := binary + role + ".json"
			if err := os.WriteFile(file, out, 0o600); err != nil {
				t.Fatal(err)
			}
			files[file] = true
		}
	}
	judge(t, files)
}

// judge runs the validators on files and compares what they say with what it
// should be.
func judge(t *testing.T, files map[string]bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"validate.mjs"}, slices.Sorted(maps.Keys(files))...)...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	for file, right := range files {
		passed := bytes.Contains(out, []byte(file+": 0 findings\n"))
		failed := bytes.Contains(out, []byte(file+": ")) && !passed
		if right && !passed || !right && !failed {
			t.Errorf("%s: right: %t\n%s", filepath.Base(file), right, out)
		}
	}
}

// requirePackages skips or fails the test where something is not installed.
func requirePackages(t *testing.T) {
	t.Helper()
	programtest.Path(t, "node")
	programtest.File(t, "npm-packages", "node_modules/typescript", "npm --prefix tests/foreign/openapi ci")
}

// TestGoldenSchemas compares the schemas of the fixture with a file that a person
// has read.
func TestGoldenSchemas(t *testing.T) {
	t.Parallel()
	var document struct {
		Components struct{ Schemas json.RawMessage }
	}
	if err := json.Unmarshal(fetch(t, handler(t), "editor", "/rest/v1/-/openapi.json"), &document); err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, document.Components.Schemas, "", " "); err != nil {
		t.Fatal(err)
	}
	compare(t, "schemas.json", append(pretty.Bytes(), '\n'))
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the API says; go test ./tests/foreign/openapi -run Golden -update writes it again", file)
	}
}
