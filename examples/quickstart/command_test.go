package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommands runs the commands every application has.
func TestCommands(t *testing.T) {
	t.Parallel()
	binary := build(t)
	database := filepath.Join(t.TempDir(), "notes.db")
	for _, tt := range []struct {
		args   string
		memory bool // there is no database
		exit   int
		out    string // on standard output
		errOut string
	}{
		{"policy", true, 0, "read: owner_id = principal.id", ""},
		{"policy -role authenticated", true, 0, "create: every row", ""},
		{"policy -role nosuch", true, 2, "", `no rule asks for the role "nosuch"`},
		{"openapi", true, 0, `"operationId": "notes.insert"`, ""},
		{"openapi -role authenticated", true, 0, `"operationId": "notes.updateOne"`, ""},
		{"openapi -role nosuch", true, 2, "", `no rule asks for the role "nosuch"; want one of: authenticated, anonymous`},
		{"types -role nosuch", true, 2, "", `no rule asks for the role "nosuch"`},
		{"openapi -role anonymous", true, 0, `"operationId": "auth.signUp"`, ""},
		{"types", true, 0, "title: string", ""},
		{"types -role anonymous", true, 0, "Tables: { [_ in never]: never }", ""},
		{"-h", true, 0, "migrate up|status|diff|verify", ""},
		{"types -h", true, 0, "migrate up|status|diff|verify", ""},
		{"migrate -h", true, 0, "migrate up|status|diff|verify", ""},
		{"nothing", true, 2, "", `unknown command "nothing"`},
		{"policy everything", true, 2, "", `unexpected argument "everything"`},
		{"types -rolle x", true, 2, "", "flag provided but not defined: -rolle"},
		{"migrate", true, 2, "", "want up, status, diff, verify or baseline"},
		{"migrate down", true, 2, "", "want up, status, diff, verify or baseline"},
		{"migrate baseline", true, 2, "", "want the line"},
		{"migrate baseline -h", true, 0, "migrate baseline LINE", ""},
		{"migrate baseline notes more", true, 2, "", `unexpected argument "more"`},
		{"migrate baseline notes", true, 1, "", `no migrations of line "notes"`},
		{"migrate status", false, 0, "pending", ""},
		{"migrate verify", false, 1, "", `"migrate up" applies what is pending`},
		{"migrate diff", false, 1, "", `run "migrate up" first`},
		{"migrate diff", true, 1, "", `run "migrate up" first`},
		{"migrate up", false, 0, "applied auth 1 ", ""},
		{"migrate up", false, 0, "nothing is pending", ""},
		{"migrate diff", false, 0, `create table "notes"`, ""},
		{"migrate verify", false, 1, "", "table notes is missing"},
		{"migrate verify", false, 1, "", `"migrate diff" prints what is missing as SQL`},
	} {
		cmd := exec.CommandContext(t.Context(), binary, strings.Fields(tt.args)...)
		cmd.Dir = t.TempDir()
		url := database
		if tt.memory {
			url = ":memory:"
		}
		cmd.Env = append(os.Environ(), "PLINTH_DATABASE_URL="+url)
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != tt.exit {
			t.Errorf("%s: exit code %d, want %d\n%s%s", tt.args, got, tt.exit, &out, &errOut)
		}
		if !strings.Contains(out.String(), tt.out) || !strings.Contains(errOut.String(), tt.errOut) || tt.errOut == "" && errOut.Len() > 0 {
			t.Errorf("%s: printed %q and %q, want %q and %q", tt.args, &out, &errOut, tt.out, tt.errOut)
		}
		if left, err := os.ReadDir(cmd.Dir); err != nil || len(left) > 0 {
			t.Errorf("%s left %v in its folder: %v", tt.args, left, err)
		}
	}
}
