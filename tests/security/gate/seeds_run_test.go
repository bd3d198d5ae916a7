package gate_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestSeededFaults builds the policy matrix over a copy of the gate with faults in it, runs
// it once for each fault, and compares the rows that turn red with those listed beside the
// fault. Without a fault all rows are green. The short form plants three of them.
func TestSeededFaults(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "seeded.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", writeOverlay(t), "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with faults: %v\n%s", err, out)
	}
	env := os.Environ()
	url, hasPostgres := pgtest.Source().Open(t)
	if hasPostgres {
		env = append(env, "PLINTH_TEST_DATABASE_URL="+url) // the same server for all
	}
	for _, s := range append([]seeded{{}}, seeds...) {
		name := s.part
		if name == "" {
			name = "none"
		} else if !programtest.Long() && !slices.Contains(everyday, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			red := runSeeded(t.Context(), t, binary, append(env, "PLINTH_SEED="+s.part))
			want := map[string][]string{"sqlite": slices.DeleteFunc(slices.Clone(s.red), postgresOnly)}
			if hasPostgres {
				want["postgres"] = s.red
			}
			for engine, rows := range want {
				compareRows(t, engine, red[engine], rows)
			}
		})
	}
}

// everyday are the faults of the short form: one of reads, one of writes, one of relations.
var everyday = []string{"list", "update", "embed"}

// postgresOnly reports whether SQLite refuses the request of a row, whatever guard
// is dropped.
func postgresOnly(name string) bool {
	return slices.ContainsFunc(gateRows(), func(row gateRow) bool { return row.name == name && row.postgres })
}

var failedRow = regexp.MustCompile(`(?m)^ *--- FAIL: TestGate/(sqlite|postgres)/(\S+)`)

// runSeeded runs the matrix and returns the rows that fail, by engine.
func runSeeded(ctx context.Context, t *testing.T, binary string, env []string) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^TestGate$", "-test.v")
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	red := map[string][]string{}
	for _, m := range failedRow.FindAllStringSubmatch(string(out), -1) {
		red[m[1]] = append(red[m[1]], strings.ReplaceAll(m[2], "_", " "))
	}
	if exit, failed := errors.AsType[*exec.ExitError](err); err != nil && (!failed || exit.ExitCode() != 1 || len(red) == 0) {
		t.Fatalf("run with faults: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "=== RUN   TestGate/sqlite/") {
		t.Fatalf("the matrix did not run:\n%s", out)
	}
	return red
}

func compareRows(t *testing.T, engine string, got, want []string) {
	t.Helper()
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s: %q turns red and is not listed", engine, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: %q is listed and stays green", engine, name)
		}
	}
}
