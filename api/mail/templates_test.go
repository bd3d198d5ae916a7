package mail_test

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

func files(pairs ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return out
}

func templates(t *testing.T, cfg mail.TemplatesConfig) *mail.Templates {
	t.Helper()
	out, err := mail.NewTemplates(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTemplates: every mail says the same in both parts, in both languages, and leaves
// nothing of the template behind.
func TestTemplates(t *testing.T) {
	t.Parallel()
	all := templates(t, mail.TemplatesConfig{})
	given := maps.Clone(values)
	given["new_email"], given["change"] = "bob@example.org", "factor_removed"
	shows := map[string][]string{
		"confirmation": {"link", "code", "email", "site"}, "existing": {"email", "site"}, "invite": {"link", "code", "site"}, "magic_link": {"link", "code", "site"},
		"recovery": {"link", "code", "email", "site"}, "email_change": {"link", "code", "email", "new_email", "site"}, "reauthentication": {"code", "site"},
		"notice": {"email", "site"},
	}
	if got := all.Names(); !slices.Equal(got, slices.Sorted(maps.Keys(shows))) {
		t.Errorf("mails %q", got)
	}
	subjects := map[string]bool{}
	for name, wanted := range shows {
		for _, locale := range []string{"en", "de"} {
			got, err := all.Render(name, locale, given)
			if err != nil {
				t.Fatal(err)
			}
			if got.Locale != locale || got.Subject == "" || subjects[got.Subject] {
				t.Errorf("%s/%s: locale %s, subject %q", locale, name, got.Locale, got.Subject)
			}
			subjects[got.Subject] = true
			for _, value := range wanted {
				if !strings.Contains(got.Text, given[value]) || !strings.Contains(html.UnescapeString(got.HTML), given[value]) {
					t.Errorf("%s/%s does not show %s:\n%s\n%s", locale, name, value, got.Text, got.HTML)
				}
			}
			for _, left := range []string{"{{", "}}", "<no value>", "ZgotmplZ", "%!"} {
				if strings.Contains(got.Text+got.HTML+got.Subject, left) {
					t.Errorf("%s/%s has %q", locale, name, left)
				}
			}
			if !strings.Contains(got.HTML, `<html lang="`+locale+`">`) {
				t.Errorf("%s/%s does not say its language", locale, name)
			}
		}
	}
}

// TestNotice: every change that accounts tell of has words of its own.
func TestNotice(t *testing.T) {
	t.Parallel()
	all := templates(t, mail.TemplatesConfig{})
	for _, locale := range []string{"en", "de"} {
		seen := map[string]string{}
		for _, change := range []string{"password", "email", "phone", "factor_added", "factor_removed", "identity_added", "identity_removed", "key_added", "another"} {
			got, err := all.Render("notice", locale, map[string]string{"change": change, "email": "a@b.example", "site": "https://example.org"})
			if err != nil {
				t.Fatal(err)
			}
			if other, twice := seen[got.Text]; twice {
				t.Errorf("%s: %s reads as %s", locale, change, other)
			}
			seen[got.Text] = change
		}
	}
}

func TestExpires(t *testing.T) {
	t.Parallel()
	all := templates(t, mail.TemplatesConfig{})
	for expires, want := range map[string]string{
		"1h0m0s": "60 minutes", "10m0s": "10 minutes", "90s": "2 minutes", "1h59m0s": "119 minutes", "2h0m0s": "2 hours", "24h0m0s": "24 hours", "168h0m0s": "168 hours",
	} {
		got, err := all.Render("recovery", "en", map[string]string{"expires": expires})
		if err != nil || !strings.Contains(got.Text, want) || !strings.Contains(got.HTML, want) {
			t.Errorf("%s: %v in %s", expires, err, got.Text)
		}
	}
}

func TestLocales(t *testing.T) {
	t.Parallel()
	all := templates(t, mail.TemplatesConfig{})
	german := templates(t, mail.TemplatesConfig{Locale: "de"})
	more := templates(t, mail.TemplatesConfig{Files: files(
		"fr/invite.txt", "Subject: Invitation\n\nBonjour {{.link}}", "fr/invite.html", "<p>Bonjour {{.link}}</p>",
		"pt-BR/invite.txt", "Subject: Convite\n\n{{.link}}", "pt-BR/invite.html", "{{.link}}",
	)})
	tests := []struct {
		templates      *mail.Templates
		template, asks string
		want           string
	}{
		{all, "invite", "", "en"},
		{all, "invite", "de", "de"},
		{all, "invite", "DE-at", "de"},
		{all, "invite", "de_CH", "de"},
		{all, "invite", "en-GB", "en"},
		{all, "invite", "xx", "en"},
		{all, "invite", "no tag at all \x00", "en"},
		{all, "invite", strings.Repeat("de-", 100_000), "en"},
		{all, "invite", "fr, de;q=0.5", "de"},
		{german, "invite", "", "de"},
		{german, "invite", "en-US", "en"},
		{german, "invite", "fr", "de"},
		{more, "invite", "fr-CA", "fr"},
		{more, "invite", "pt", "pt-BR"},
		{more, "recovery", "fr", "en"}, // which it has not in French
	}
	for _, tt := range tests {
		got, err := tt.templates.Render(tt.template, tt.asks, values)
		if err != nil || got.Locale != tt.want {
			t.Errorf("%.20q of %s: %q, %v, want %q", tt.asks, tt.template, got.Locale, err, tt.want)
		}
	}
}

// TestOwnTemplates: an application replaces files one by one, and has mails of its own.
func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	own := templates(t, mail.TemplatesConfig{Files: files(
		"layout.html", `<html lang="{{.locale}}"><b>{{.subject}}</b>{{template "content" .}}</html>`,
		"en/recovery.txt", "Subject: Hi {{.email}}\r\n\r\nGo to {{.link}}\r\n",
		"en/common.tmpl", `{{define "time"}}{{end}}{{define "validity"}}soon{{end}}{{define "ignore"}}never mind{{end}}{{define "address"}}or{{end}}{{define "change"}}it{{end}}`,
		"en/receipt.txt", "Subject: Order {{.order}}\n\nThanks, {{.to}}.", "en/receipt.html", "<p>Order {{.order}}</p>",
	)})
	got, err := own.Render("recovery", "", values)
	if err != nil || got.Subject != "Hi ann@example.org" || got.Text != "Go to "+link+"\n" {
		t.Errorf("%+v, %v", got, err)
	}
	if !strings.HasPrefix(got.HTML, `<html lang="en"><b>Hi ann@example.org</b>`) || !strings.Contains(got.HTML, "soon") || !strings.Contains(got.HTML, "Set a new password") {
		t.Errorf("HTML: %s", got.HTML)
	}
	if got, err := own.Render("receipt", "de", map[string]string{"order": "A-<1>"}); err != nil || got.Subject != "Order A-<1>" || !strings.Contains(got.HTML, "Order A-&lt;1&gt;") {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := own.Render("receipt", "", nil); err == nil || !strings.Contains(err.Error(), "order") {
		t.Errorf("without its value: %v", err)
	}
}

// TestBrokenTemplates: a mistake is known when templates are read.
func TestBrokenTemplates(t *testing.T) {
	t.Parallel()
	tests := map[string]fstest.MapFS{
		"en/recovery":            files("en/recovery.txt", "Subject: x\n\n{{.link"),
		"de/invite":              files("de/invite.html", "{{if}}"),
		"missing":                files("en/missing.txt", "Subject: x\n\ny"),
		"lonely":                 files("en/lonely.html", "y"),
		"Subject":                files("en/recovery.txt", "Hello\n\nx"),
		"begin":                  files("en/recovery.txt", "Subject: x\nTo: y\n\nz"),
		"linc":                   files("en/recovery.txt", "Subject: x\n\n{{.linc}}"),
		"needs another name":     files("en/notice.txt", "Subject: News\n\n{{.headline}}"),
		"nothing":                files("en/recovery.html", `{{template "nothing" .}}`),
		"context":                files("en/recovery.html", `<a href="{{if .code}}"{{end}}>`),
		"one line":               files("en/recovery.txt", "Subject: {{\"a\\nb\"}}\n\nz"),
		"empty":                  files("en/recovery.txt", "Subject: {{.new_email}}\n\nz"),
		"must be a language tag": files("english_language/recovery.txt", "Subject: x\n\ny"),
		"fr/recovery":            files("fr/recovery.txt", "Subject: x\n\n{{template \"validity\" .}}", "fr/recovery.html", "y"),
		"content":                files("layout.html", `{{template "contents" .}}`),
		"ends in a non-te":       files("layout.html", `<script>{{template "content" .}}`),
	}
	for want, fsys := range tests {
		if _, err := mail.NewTemplates(mail.TemplatesConfig{Files: fsys}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := mail.NewTemplates(mail.TemplatesConfig{Locale: "fr"}); err == nil {
		t.Error("a language that is not there is the default")
	}
}

// TestEscaping: values are text wherever they stand.
func TestEscaping(t *testing.T) {
	t.Parallel()
	all := templates(t, mail.TemplatesConfig{})
	evil := `"><script>alert(1)</script>`
	got, err := all.Render("recovery", "", map[string]string{"email": evil, "code": evil, "link": `https://example.org/?a=1&b=2'onx=`, "site": "https://example.org"})
	if err != nil || strings.Contains(got.HTML, "<script>") || strings.Contains(got.HTML, "'onx") {
		t.Errorf("%v\n%s", err, got.HTML)
	}
	for _, address := range []string{"javascript:alert(1)", "data:text/html,x", "//example.org/", "https://", "/verify", "https://example.org/ x", "https://example.org/\"x"} {
		for _, name := range []string{"link", "site"} {
			if _, err := all.Render("recovery", "", map[string]string{name: address}); err == nil {
				t.Errorf("%s %q is accepted", name, address)
			}
		}
	}
}

// TestInjection: nothing that comes with a mail adds a header, a recipient or a line to
// the dialogue with the server.
func TestInjection(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	sender := s.sender(t, nil)
	folder, err := mail.NewFolder(t.TempDir(), mail.FolderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	send := func(to, template, locale string, values map[string]string) error {
		byFolder, bySMTP := folder.Send(t.Context(), to, template, locale, values), sender.Send(t.Context(), to, template, locale, values)
		if (byFolder == nil) != (bySMTP == nil) {
			t.Errorf("%q: one accepts what the other does not: %v, %v", to, byFolder, bySMTP)
		}
		return bySMTP
	}
	for _, to := range []string{
		"", "ann", "@example.org", "ann@", "ann@example.org\r\nBcc: eve@example.org", "ann@example.org\nRCPT TO:<eve@example.org>", "ann@example.org\r",
		"ann@example.org, eve@example.org", "ann@example.org eve@example.org", "Ann <ann@example.org>", "<ann@example.org>", "ann@example.org>", "ann@example.org> NOTIFY=NEVER",
		"\"ann\r\n\"@example.org", "\"ann eve\"@example.org", "ann@example.org\x00", "ann(x)@example.org", "ann@example.org;", "group: ann@example.org;", "a@b@c", "ann@exam\u2028ple.org",
		"ann\x85@example.org", "=?utf-8?q?ann=0Aeve?=@exa mple.org", strings.Repeat("a", 250) + "@example.org", "ann@example.org\xff",
	} {
		if err := send(to, "invite", "", values); err == nil {
			t.Errorf("%q is sent to", to)
		}
	}
	for _, name := range []string{"link", "code", "email", "new_email", "site", "expires", "change", "another"} {
		for _, ending := range []string{"\r\nBcc: eve@example.org", "\n.\n", "\r", "\x00", "\u2028x", "\u0085x", "\xff", strings.Repeat("x", 5000)} {
			given := maps.Clone(values)
			given[name] += ending
			if err := send("ann@example.org", "recovery", "", given); err == nil || strings.Contains(fmt.Sprint(err), "eve@") {
				t.Errorf("%s with %.20q: %v", name, ending, err)
			}
		}
	}
	if err := send("ann@example.org", "no_such", "", values); err == nil {
		t.Error("an unknown template is sent")
	}
	if err := send("ann@example.org", "../en/invite", "", values); err == nil {
		t.Error("a template by path is sent")
	}
	if len(s.got()) != 0 {
		t.Errorf("%d mails arrived", len(s.got()))
	}
	// A locale is no value of the mail, it chooses one.
	if err := send("ann@example.org", "invite", "de\r\nBcc: eve@example.org", values); err != nil || len(s.got()) != 1 {
		t.Fatal(err)
	}
	if m := parse(t, s.got()[0].raw); m.header.Get("Bcc") != "" {
		t.Error("the locale is in the header")
	}
	// A subject that values are in is one line, however long the value is.
	subject := templates(t, mail.TemplatesConfig{Files: files("en/recovery.txt", "Subject: Code {{.code}}\n\nx")})
	if _, err := subject.Render("recovery", "", map[string]string{"code": strings.Repeat("x", 1000)}); err == nil {
		t.Error("a subject of 1000 bytes")
	}
}
