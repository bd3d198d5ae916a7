package server_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestCertificateFiles: a certificate that was renewed is shown without a restart; what
// cannot be read, and half of a pair, leaves the old one. All files have one time, as those
// of an archive may.
func TestCertificateFiles(t *testing.T) {
	t.Parallel()
	dir, lines := t.TempDir(), new(apptest.Log)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	newCert, newKey := filepath.Join(dir, "new-cert.pem"), filepath.Join(dir, "new-key.pem")
	first := apptest.Certificate(t, cert, key).SerialNumber.String()
	second := apptest.Certificate(t, newCert, newKey).SerialNumber.String()
	when := time.Now()
	dated := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.Chtimes(name, when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	dated(cert, key, newCert, newKey)
	get, later, err := server.CertificateFiles(cert, key, slog.New(slog.NewJSONHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	shown := func(want string, told int) {
		t.Helper()
		c, err := get()
		if err != nil || c.Leaf.SerialNumber.String() != want {
			t.Errorf("%s, %v, want %s", c.Leaf.SerialNumber, err, want)
		}
		if got := lines.Taken(t); len(got) != told {
			t.Errorf("logged: %v", got)
		}
	}
	shown(first, 0)
	later()
	shown(first, 0)
	if err := os.WriteFile(cert, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	dated(cert)
	shown(first, 0) // nobody has looked
	later()
	shown(first, 1)
	if err := os.Rename(newCert, cert); err != nil {
		t.Fatal(err)
	}
	later()
	shown(first, 1) // the key is that of the old one
	if err := os.Rename(newKey, key); err != nil {
		t.Fatal(err)
	}
	later()
	shown(second, 1)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	later()
	shown(second, 1)
}
