package mail_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

// FuzzSend: whatever a mail is sent with, it has the header it should have and no
// more, one recipient and two parts, or it is not sent.
func FuzzSend(f *testing.F) {
	f.Add("ann@example.org", "de", link, digits, "ann@example.org")
	f.Add("ann@example.org\r\nBcc: eve@example.org", "en\r\n", "https://example.org/\r\n\r\n", "1\n.\n", "\"\r\nX: y\" <a@b>")
	f.Add("änn@exämple.org", "xx", "http://[::1]/?a=%0d%0aBcc:x", "=?utf-8?q?=0a?=", "a@b.example, c@d.example")
	want := []string{
		"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress",
	}
	own, err := mail.NewTemplates(mail.TemplatesConfig{Files: files("en/recovery.txt", "Subject: {{.code}} for {{.email}}.\n\n{{.link}}")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to, locale, address, code, email string) {
		dir := t.TempDir()
		folder, err := mail.NewFolder(dir, mail.FolderConfig{Templates: own})
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]string{"link": address, "code": code, "email": email}
		if folder.Send(t.Context(), to, "recovery", locale, given) != nil {
			return
		}
		found, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%q, %v", found, err)
		}
		raw, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		m := parse(t, raw)
		var names []string
		for name, values := range m.header {
			names = append(names, name)
			if len(values) != 1 {
				t.Errorf("%s stands %d times", name, len(values))
			}
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("header %q", names)
		}
		if list, err := m.header.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != to {
			t.Errorf("to %q: %v, %v", to, list, err)
		}
		if len(m.parts) != 2 || strings.Contains(m.parts["text/html"], "<script") {
			t.Errorf("parts %q", m.parts)
		}
	})
}
