package mail_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

// TestFolder: a mail is a file that mail programs open, for the user of the program
// only, and its link is printed.
func TestFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "mail")
	var out bytes.Buffer
	f, err := mail.NewFolder(dir, mail.FolderConfig{Output: &out})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("the folder is made before the first mail")
	}
	for range 2 {
		if err := f.Send(t.Context(), "ann@example.org", "recovery", "", values); err != nil {
			t.Fatal(err)
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "*-recovery-*.eml"))
	if err != nil || len(found) != 2 {
		t.Fatalf("%q, %v", found, err)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, found[0]: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, raw)
	if m.header.Get("From") != "<accounts@localhost>" || !strings.Contains(m.parts["text/plain"], link) || !strings.Contains(m.parts["text/html"], "SECRETTOKEN") {
		t.Errorf("%s", raw)
	}
	want := "mail: recovery for ann@example.org: " + link + " code " + digits + " (" + found[0] + ")"
	if lines := strings.Split(out.String(), "\n"); len(lines) != 3 || lines[0] != want && lines[1] != want {
		t.Errorf("printed %q", out.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Send(ctx, "ann@example.org", "recovery", "", values); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestFolderSMS: a text message is a file, and its code is printed.
func TestFolderSMS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	f, err := mail.NewFolder(dir, mail.FolderConfig{Output: &out})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SendSMS(t.Context(), "+4930123456", "login", "de", map[string]string{"code": "123456", "text": "123456 is your code"}); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*-sms-login-*.txt"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%q, %v", found, err)
	}
	if raw, err := os.ReadFile(found[0]); err != nil || string(raw) != "To: +4930123456\n\n123456 is your code\n" {
		t.Errorf("%q, %v", raw, err)
	}
	if want := "sms: login for +4930123456: code 123456 (" + found[0] + ")\n"; out.String() != want {
		t.Errorf("printed %q", out.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.SendSMS(ctx, "+4930123456", "login", "", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFolderRefused(t *testing.T) {
	t.Parallel()
	if _, err := mail.NewFolder("", mail.FolderConfig{}); err == nil {
		t.Error("no folder")
	}
	if _, err := mail.NewFolder("x", mail.FolderConfig{From: "nobody"}); err == nil {
		t.Error("no sender")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := mail.NewFolder(file, mail.FolderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Send(t.Context(), "ann@example.org", "invite", "", values); err == nil {
		t.Error("a file is a folder")
	}
}
