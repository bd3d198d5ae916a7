package server_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/seed-7694ebf6/plinth/internal/server"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

const day = 24 * time.Hour

// TestCertificateEnds: files that nobody replaces are told of before their certificate ends
// and after, once in an hour, and no more once they were replaced. One that lives for a
// week or a few hours is not told of for most of that.
func TestCertificateEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		life, quiet   time.Duration
		warned, ended int // lines in the two hours and a half after quiet, and after the end
	}{
		{"of 90 days", 90 * day, 76 * day, 3, 3},
		{"of a week", 7 * day, 7 * day * 4 / 5, 3, 3},
		{"of five hours", 5 * time.Hour, 4 * time.Hour, 1, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lines, dir := new(apptest.Log), t.TempDir()
				files := server.TLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
				from := time.Now()
				end := apptest.CertificateOf(t, files.CertFile, files.KeyFile, "notes.example", from, from.Add(tt.life)).NotAfter
				secure, err := server.OpenTLS(files, slog.New(slog.NewJSONHandler(lines, nil)))
				if err != nil {
					t.Fatal(err)
				}
				// asked shows the certificate every minute until a time, and looks at what was logged.
				asked := func(until time.Time, want int, level, message string) {
					t.Helper()
					for time.Now().Before(until) {
						if _, err := secure.GetCertificate(&tls.ClientHelloInfo{}); err != nil {
							t.Fatal(err)
						}
						time.Sleep(time.Minute)
					}
					told := lines.Taken(t)
					if len(told) != want {
						t.Errorf("%d lines, want %d: %v", len(told), want, told)
					}
					for _, line := range told {
						text, _ := line["msg"].(string)
						if line["level"] != level || !strings.HasPrefix(text, message) || !strings.Contains(text, "PLINTH_TLS_CERT_FILE") ||
							line["name"] != "notes.example" || line["end"] != end.UTC().Format(time.RFC3339) {
							t.Errorf("logged %v, want %s: %s, until %s", line, level, message, end)
						}
					}
				}
				time.Sleep(tt.quiet - time.Hour)
				asked(from.Add(tt.quiet), 0, "", "")
				asked(earlier(end, from.Add(tt.quiet+150*time.Minute)), tt.warned, "WARN", "the certificate expires soon")
				time.Sleep(time.Until(end) + time.Second)
				asked(end.Add(150*time.Minute), tt.ended, "ERROR", "the certificate has expired")
				apptest.CertificateOf(t, files.CertFile, files.KeyFile, "notes.example", time.Now(), time.Now().Add(tt.life))
				time.Sleep(time.Minute)
				if _, err := secure.GetCertificate(&tls.ClientHelloInfo{}); err != nil {
					t.Fatal(err)
				}
				if told := lines.Taken(t); len(told) != 1 || told[0]["level"] != "INFO" {
					t.Errorf("logged %v, want that the files were read again", told)
				}
				asked(time.Now().Add(10*time.Minute), 0, "", "")
			})
		})
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// TestACMECertificateEnds: autocert shows a certificate that it does not manage to renew,
// and says nothing.
func TestACMECertificateEnds(t *testing.T) {
	t.Parallel()
	lines, dir := new(apptest.Log), t.TempDir()
	keep := func(name string, until time.Time) {
		t.Helper()
		cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
		apptest.CertificateOf(t, cert, key, name, until.Add(-90*day), until)
		var kept []byte
		for _, file := range []string{key, cert} {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, text...)
		}
		if err := autocert.DirCache(dir).Put(t.Context(), name, kept); err != nil {
			t.Fatal(err)
		}
	}
	keep("notes.example", time.Now().Add(10*day))
	keep("new.example", time.Now().Add(80*day))
	secure, err := server.OpenTLS(server.TLS{
		ACMEDomains: []string{"notes.example", "new.example"}, ACMECache: dir, ACMEDirectory: "https://127.0.0.1:1/dir",
	}, slog.New(slog.NewJSONHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"new.example", "notes.example", "notes.example"} {
		hello := &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
		if cert, err := secure.GetCertificate(hello); err != nil || cert.Leaf.DNSNames[0] != name {
			t.Fatalf("%s: %v", name, err)
		}
	}
	told := lines.Taken(t)
	if len(told) != 1 || told[0]["level"] != "WARN" || told[0]["name"] != "notes.example" || !strings.Contains(told[0]["msg"].(string), "PLINTH_ACME_CACHE") {
		t.Errorf("logged %v", told)
	}
	// It tries to renew meanwhile, and has a key to write before it asks the authority.
	account := filepath.Join(dir, "acme_account+key")
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(account); err == nil {
			return
		}
	}
	t.Error("it does not try to renew")
}

// TestACMECacheLogsFailures: a certificate that cannot be stored, such as on a full disk, is
// logged. autocert drops a renewed certificate then.
func TestACMECacheLogsFailures(t *testing.T) {
	t.Parallel()
	lines, dir := new(apptest.Log), t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(lines, nil))
	if err := server.ACMECache(filepath.Join(file, "cache"), logger).Put(t.Context(), "notes.example", []byte("x")); err == nil {
		t.Error("something was kept below a file")
	}
	if told := lines.Taken(t); len(told) != 1 || told[0]["level"] != "ERROR" || told[0]["key"] != "notes.example" || !strings.Contains(told[0]["msg"].(string), "PLINTH_ACME_CACHE") {
		t.Errorf("logged %v", told)
	}
	kept := server.ACMECache(filepath.Join(dir, "cache"), logger)
	if err := kept.Put(t.Context(), "notes.example", []byte("x")); err != nil {
		t.Error(err)
	}
	if data, err := kept.Get(t.Context(), "notes.example"); err != nil || !bytes.Equal(data, []byte("x")) || len(lines.Taken(t)) != 0 {
		t.Errorf("%q, %v", data, err)
	}
}
