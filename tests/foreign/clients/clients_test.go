package clients_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// minAssertions is how many assertions there are at least, so that a script
// that ends early is no success.
const minAssertions = 412

// TestClient runs main.mjs against both examples on both engines.
func TestClient(t *testing.T) {
	t.Parallel()
	watchSources(t)
	iso := requirements(t)
	atlas, quickstart := build(t, "atlas"), build(t, "quickstart")
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		drive(t, "sqlite", iso, atlas, quickstart, func(t *testing.T) string {
			t.Helper()
			return filepath.Join(t.TempDir(), "test.db")
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		drive(t, "postgres", iso, atlas, quickstart, func(t *testing.T) string {
			t.Helper()
			return pgtest.URL(t)
		})
	})
}

// requirements skips or fails the test where something is not installed. It returns
// the folder of iso-codes.
func requirements(t *testing.T) string {
	t.Helper()
	iso := cmp.Or(os.Getenv("ISO_CODES"), "/usr/share/iso-codes/json")
	programtest.Path(t, "node")
	programtest.File(t, "npm-packages", "node_modules/@supabase/supabase-js", "npm --prefix tests/foreign/clients ci")
	programtest.File(t, "iso-codes", filepath.Join(iso, "iso_3166-1.json"), "ISO_CODES names its folder")
	return iso
}

// drive starts both examples on databases of their own, fills the atlas and
// runs the script.
func drive(t *testing.T, engine, iso, atlasBinary, quickstartBinary string, database func(*testing.T) string) {
	t.Helper()
	secret := auth.NewSecretKey()
	users := issuer{secret: auth.NewSecretKey() + auth.NewSecretKey()}
	atlas := start(t, atlasBinary, []string{"serve"}, "PLINTH_DATABASE_URL="+database(t),
		"PLINTH_INSECURE_DEVELOPMENT=1", "PLINTH_SECRET_KEYS="+secret)
	quickstart := start(t, quickstartBinary, nil, append(users.env(),
		"PLINTH_DATABASE_URL="+database(t), "PLINTH_INSECURE_DEVELOPMENT=1")...)

	load := exec.CommandContext(t.Context(), atlasBinary, "load", "-url", atlas.url, "-iso", iso)
	load.Env = append(os.Environ(), "ATLAS_KEY="+secret)
	began := time.Now()
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("atlas load: %v\n%s", err, out)
	}
	t.Logf("loaded in %s", time.Since(began).Round(time.Millisecond))

	script := exec.CommandContext(t.Context(), "node", "main.mjs")
	script.Env = append(os.Environ(), "ENGINE="+engine, "LETTERS_URL="+serveLetters(t, engine, database(t)), "ISO_CODES="+iso,
		"ATLAS_URL="+atlas.url, "ATLAS_PUBLISHABLE="+atlas.publishable, "ATLAS_SECRET="+secret,
		"QUICKSTART_URL="+quickstart.url, "QUICKSTART_PUBLISHABLE="+quickstart.publishable,
		"QUICKSTART_OTHER_TOKEN="+users.token(t))
	script.Env = append(script.Env, serveAccounts(t, "open", database(t), accounts.Config{Autoconfirm: true, Anonymous: true})...)
	script.Env = append(script.Env, serveAccounts(t, "mailed", database(t), accounts.Config{})...)
	table, err := script.CombinedOutput()
	if err != nil {
		t.Errorf("node main.mjs: %v\n%s", err, table)
	}
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "not called: ") {
			t.Log(strings.TrimSpace(line))
		}
	}
	done := regexp.MustCompile(`(\d+) of (\d+) assertions hold`).FindSubmatch(table)
	if done == nil {
		t.Fatalf("the script did not come to its end\n%s", table)
	}
	t.Logf("%s", done[0])
	if n, err := strconv.Atoi(string(done[2])); err != nil || n < minAssertions {
		t.Errorf("%s assertions, want at least %d", done[2], minAssertions)
	}
}

// issuer makes tokens of users beside those who sign up.
type issuer struct{ secret string }

const issuerName = "clients"

func (i issuer) env() []string {
	return []string{"PLINTH_JWT_SECRET=" + i.secret, "PLINTH_JWT_ISSUER=" + issuerName, "PLINTH_JWT_AUDIENCE=" + issuerName}
}

// token returns a token of a user nobody has seen before.
func (i issuer) token(t *testing.T) string {
	t.Helper()
	key, err := jwt.SecretKey("", []byte(i.secret))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{Issuer: issuerName, Audience: issuerName, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(auth.Principal{Kind: auth.User, ID: store.NewID().String(), Roles: []string{"authenticated"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
