package plinth_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestRotateMasterKeyCommand: a program whose master key is exchanged starts without the old one
// once the command has run, and not before.
func TestRotateMasterKeyCommand(t *testing.T) {
	env := apptest.Production(t)
	env["PLINTH_SCHEMA"] = "verify"
	older, newer := env["PLINTH_MASTER_KEYS"], base64.StdEncoding.EncodeToString([]byte(auth.NewSecretKey()))
	with := func(masters string, do func(*plinth.App) (string, error)) (string, error) {
		t.Helper()
		env["PLINTH_MASTER_KEYS"] = masters
		for name, value := range env {
			t.Setenv(name, value)
		}
		app, err := plinth.New(t.Context(), plinth.FromEnv())
		if err != nil {
			return "", err
		}
		defer app.DB().Close() // everything is committed
		return do(app)
	}
	command := func(args ...string) func(*plinth.App) (string, error) {
		return func(app *plinth.App) (string, error) {
			var out bytes.Buffer
			err := app.Command(t.Context(), args, &out)
			return out.String(), err
		}
	}
	keys := func(app *plinth.App) (string, error) {
		h, err := app.Handler(t.Context())
		if err != nil {
			return "", err
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://notes.example/auth/v1/.well-known/jwks.json", nil)
		h.ServeHTTP(w, r)
		return w.Body.String(), nil
	}
	for _, step := range []struct {
		what, masters string
		do            func(*plinth.App) (string, error)
		want          string // in what is printed, or in the error
	}{
		{"without tables", older, command("rotate-master-key"), "migrate up"},
		{"tables", older, command("migrate", "up"), "applied auth 1 init"},
		{"the key that signs", older, keys, `"keys":[{`},
		{"an argument too many", newer + "," + older, command("rotate-master-key", "all"), "unexpected argument"},
		{"too early", newer, keys, "PLINTH_MASTER_KEYS (Config.Accounts.MasterKeys): accounts: a secret cannot be decrypted"},
		{"with a key of neither", newer, command("rotate-master-key"), "any of the MasterKeys"},
		{"rotate-master-key", newer + "," + older, command("rotate-master-key"), "1 secrets encrypted"},
		{"again", newer + "," + older, command("rotate-master-key"), "0 secrets encrypted"},
		{"without the old one", newer, keys, `"keys":[{`},
	} {
		out, err := with(step.masters, step.do)
		if err != nil {
			out += err.Error()
		}
		if !strings.Contains(out, step.want) {
			t.Errorf("%s: %s, %v; want %q", step.what, out, err, step.want)
		}
	}
	t.Setenv("PLINTH_DISABLE_ACCOUNTS", "1")
	if out, err := with(newer, command("rotate-master-key")); err == nil || !strings.Contains(err.Error(), "are disabled") {
		t.Errorf("without accounts: %s, %v", out, err)
	}
}
