package command_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/command"
	"github.com/seed-7694ebf6/plinth/internal/environment"
)

// TestKeys reads what the command prints as a program does: the keys are accepted, and each
// call prints others.
func TestKeys(t *testing.T) {
	t.Parallel()
	print := func() map[string]string {
		var out strings.Builder
		if err := new(command.Program).Run(t.Context(), []string{"keys"}, &out); err != nil {
			t.Fatal(err)
		}
		variables := map[string]string{}
		for line := range strings.Lines(out.String()) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			variables[name] = value
		}
		return variables
	}
	keys, others := print(), print()
	if len(keys) != 3 {
		t.Errorf("%d variables, want 3: %v", len(keys), keys)
	}
	for name, value := range keys {
		if value == "" || value == others[name] {
			t.Errorf("%s is %q twice", name, value)
		}
	}
	if _, err := auth.NewKeyring(auth.Keys{Publishable: []string{keys["PLINTH_PUBLISHABLE_KEYS"]}, Secret: []string{keys["PLINTH_SECRET_KEYS"]}}); err != nil {
		t.Error(err)
	}
	if master, ok := environment.DecodeKey(keys["PLINTH_MASTER_KEYS"]); !ok || len(master) != 32 {
		t.Errorf("the master key has %d bytes", len(master))
	}
	if err := new(command.Program).Run(t.Context(), []string{"keys", "x"}, new(strings.Builder)); err == nil {
		t.Error("an argument too many: no error")
	}
}
