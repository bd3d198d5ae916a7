package mail_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

// contact are the templates of an application with a mail of its own.
var contact = mail.TemplatesConfig{Files: fstest.MapFS{
	"en/contact.txt":  {Data: []byte("Subject: Message of {{.name}}\n\n{{.text}}\n")},
	"en/contact.html": {Data: []byte(`<p style="white-space: pre-line">{{.text}}</p>`)},
}}

func contactMessage(change func(*mail.Message)) mail.Message {
	m := mail.Message{
		ID: "0190-a", To: "team@example.org", ReplyTo: "bob@example.net", Template: "contact",
		Values: map[string]string{"name": "Bob", "text": "Dear team,\r\n\r\n<b>a\tb</b>"},
	}
	change(&m)
	return m
}

// TestDeliver sends a message of several lines, with an id and an address for replies.
func TestDeliver(t *testing.T) {
	t.Parallel()
	templates, err := mail.NewTemplates(contact)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil)
	out := s.sender(t, func(c *mail.SMTPConfig) { c.Templates = templates })
	m := contactMessage(func(*mail.Message) {})
	for range 2 {
		if err := out.Deliver(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range s.got() {
		got := parse(t, r.raw)
		for name, want := range map[string]string{
			"Message-Id": "<0190-a@example.org>", "Reply-To": "<bob@example.net>", "To": "<team@example.org>", "Subject": "Message of Bob",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
			}
		}
		text := strings.ReplaceAll(got.parts["text/plain"], "\r\n", "\n")
		if !strings.HasPrefix(text, "Dear team,\n\n<b>a\tb</b>") || !strings.Contains(got.parts["text/html"], "&lt;b&gt;a") {
			t.Errorf("text %q, HTML %q", text, got.parts["text/html"])
		}
	}
	if n := len(s.got()); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
}

// TestCheckMessage rejects what cannot be sent, by the same errors as Deliver.
func TestCheckMessage(t *testing.T) {
	t.Parallel()
	templates, err := mail.NewTemplates(contact)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := mail.NewFolder(t.TempDir(), mail.FolderConfig{Templates: templates})
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := mail.NewSMTP(mail.SMTPConfig{Host: "127.0.0.1", From: "a@example.org", InsecurePlain: true, Templates: templates})
	if err != nil {
		t.Fatal(err)
	}
	value := func(name, value string) func(*mail.Message) {
		return func(m *mail.Message) { m.Values[name] = value }
	}
	for name, test := range map[string]struct {
		change func(*mail.Message)
		want   string // "" for a message that can be sent
	}{
		"valid":                    {func(*mail.Message) {}, ""},
		"no ID":                    {func(m *mail.Message) { m.ID = "" }, ""},
		"unknown language":         {func(m *mail.Message) { m.Locale = "fr" }, ""},
		"an ID that ends a header": {func(m *mail.Message) { m.ID = "a>\r\nBcc: x@example.org" }, "ID"},
		"no recipient":             {func(m *mail.Message) { m.To = "" }, "recipient"},
		"two recipients":           {func(m *mail.Message) { m.To = "a@example.org, b@example.org" }, "recipient"},
		"a name for replies":       {func(m *mail.Message) { m.ReplyTo = "Bob <bob@example.org>" }, "ReplyTo"},
		"no such template":         {func(m *mail.Message) { m.Template = "contakt" }, `no template "contakt"`},
		"a value is missing":       {func(m *mail.Message) { delete(m.Values, "text") }, "text"},
		"two lines in the subject": {value("name", "Bob\nBcc: x@example.org"), "more than one line"},
		"a control character":      {value("text", "a\x00b"), `"text"`},
		"a carriage return alone":  {value("text", "a\rb"), `"text"`},
		"a long value":             {value("text", strings.Repeat("a", 32<<10+1)), `"text"`},
		"a link that runs":         {value("link", "javascript:alert(1)"), `"link"`},
	} {
		m := contactMessage(test.change)
		delivered := folder.Deliver(t.Context(), m)
		for _, err := range []error{folder.Check(m), smtp.Check(m), delivered} {
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want an error about %q", name, err, test.want)
			}
		}
	}
}
