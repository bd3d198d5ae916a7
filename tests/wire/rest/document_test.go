package rest_test

import (
	"cmp"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/wire.md")

const document = "../../../docs/wire.md"

// TestDocument fails where docs/wire.md is not what the table says.
func TestDocument(t *testing.T) {
	t.Parallel()
	for _, s := range sections() {
		for _, r := range s.rows {
			if err := r.check(); err != nil {
				t.Errorf("%s: %v", s.title, err)
			}
		}
	}
	got := markdown(sections())
	if *update {
		if err := os.WriteFile(document, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("docs/wire.md is not what the table says: run go generate ./tests/wire/rest")
	}
}

// preface is what the document begins with.
const preface = `# The wire: what is supported

<!-- Written by go generate ./tests/wire/rest from the table of its tests. Edit the table, not this file. -->

Plinth speaks a declared part of the query language of PostgREST, so that its client libraries work; "works with supabase-js (subset)" is the claim, and the test in ` + "`tests/foreign/clients`" + ` drives the real client. ` + "`supabase.channel`, `supabase.storage` and `supabase.functions` have no server here: 404 `PGRST125`; functions are `supabase.rpc`. " + `Unless a line says otherwise everything is the same on SQLite and PostgreSQL: each line below is a test that sends the request on both.

**PostgREST** says how a feature relates to it: *differs* on purpose, *ours* is not in it, *missing* is in it and refused here, never ignored. In an answer … stands for anything. The application behind the examples is in ` + "`tests/wire/rest/bookshop_test.go`" + `; the caller is *ann*, an editor that owns some reviews, unless another is named: *bob* with reviews of his own, or *nobody*, the unauthenticated client.
`

// markdown writes the document.
func markdown(sections []section) string {
	var b strings.Builder
	b.WriteString(preface)
	for _, s := range sections {
		b.WriteString("\n## " + s.title + "\n")
		if s.intro != "" {
			b.WriteString("\n" + strings.TrimSpace(s.intro) + "\n")
		}
		if len(s.rows) > 0 {
			b.WriteString("\n| feature | PostgREST | request | answer |\n|---|---|---|---|\n")
		}
		for _, r := range s.rows {
			b.WriteString("| " + r.described() + " | " + cmp.Or(string(r.support), "same") + " | " + r.asked() + " | " + r.expected() + " |\n")
		}
		if s.notes != "" {
			b.WriteString("\n" + strings.TrimSpace(s.notes) + "\n")
		}
	}
	return b.String()
}

func (r row) described() string {
	text := r.feature
	if r.note != "" {
		text += ": " + r.note
	}
	return strings.ReplaceAll(text, "|", `\|`)
}

func (r row) asked() string {
	lines := []string{code(r.request)}
	if r.as != "" {
		lines[0] += " as " + r.as
	}
	for _, h := range r.header {
		lines = append(lines, code(h))
	}
	if r.body != "" {
		lines = append(lines, code(shorten(r.body)))
	}
	return strings.Join(lines, "<br>")
}

func (r row) expected() string {
	lines := []string{strconv.Itoa(r.status)}
	if r.status >= 300 && r.want != "" && !strings.HasPrefix(r.want, "{") {
		lines[0] += " " + code(r.want)
	}
	for _, h := range r.has {
		if !strings.HasSuffix(h, ": ") {
			lines = append(lines, code(h))
		}
	}
	if r.status < 300 && r.want != "" || strings.HasPrefix(r.want, "{") {
		lines = append(lines, code(shorten(r.want)))
	}
	return strings.Join(lines, "<br>")
}

// code quotes a text in a cell of a table. Line ends, as of CSV, are shown.
func code(text string) string {
	text = strings.NewReplacer("\r\n", "⏎", "\n", "⏎", "|", `\|`).Replace(text)
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// shorten cuts a body that would make the table unreadable.
func shorten(text string) string {
	const most = 240
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
