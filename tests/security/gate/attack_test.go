package gate_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/auth"
)

// ask is one request of an attack.
type ask struct {
	method, target, body string
	prefer               string
}

func (a ask) String() string {
	text := a.method + " " + a.target
	if a.prefer != "" {
		text += " (" + a.prefer + ")"
	}
	if a.body != "" {
		text += " " + a.body
	}
	return shortened(text)
}

func shortened(s string) string {
	if len(s) > 300 {
		return s[:300] + "..."
	}
	return s
}

// do sends a request as somebody and fails on a 5xx, which no request may earn.
func (f *fixture) do(t testing.TB, p auth.Principal, a ask) *apitest.Response {
	t.Helper()
	client := f.as(t, p).With("Accept", "application/json")
	if a.prefer != "" {
		client = client.With("Prefer", a.prefer)
	}
	var body any
	if a.body != "" {
		body = a.body
	}
	res := client.Do(a.method, a.target, body)
	if res.Status >= 500 {
		t.Errorf("%s: a client earned a %d: %s", a, res.Status, shortened(res.Body))
	}
	return res
}

// alike compares two answers after the two names asked for are replaced.
func alike(t testing.TB, a ask, got, want *apitest.Response, gotName, wantName string) {
	t.Helper()
	clean := func(r *apitest.Response, name string) string {
		text := fmt.Sprintln(r.Status, r.Body)
		for _, h := range []string{"Content-Type", "Content-Range", "Location", "Link", "Etag", "Cache-Control", "Vary", "Allow", "Proxy-Status"} {
			text += fmt.Sprintln(h, r.Header[h])
		}
		return strings.ReplaceAll(strings.ReplaceAll(text, url.QueryEscape(name), "NAME"), name, "NAME")
	}
	if g, w := clean(got, gotName), clean(want, wantName); g != w {
		t.Errorf("%s: the answer tells %s from %s\n got %s\nwant %s", a, gotName, wantName, g, w)
	}
}

// untouched runs an attack and fails if any table is another afterwards.
func (f *fixture) untouched(t testing.TB, what string, attack func()) {
	t.Helper()
	before := f.dump(t)
	attack()
	if after := f.dump(t); after != before {
		t.Errorf("%s has changed the tables:\n%s", what, changed(before, after))
		f.reset(t)
	}
}

// changed shows the lines that only one of two dumps has.
func changed(before, after string) string {
	var b strings.Builder
	only := func(mark, dump, other string) {
		for line := range strings.Lines(dump) {
			if !strings.Contains(other, line) {
				b.WriteString(mark + line)
			}
		}
	}
	only("- ", before, after)
	only("+ ", after, before)
	return b.String()
}

// queryEscape escapes a value for a query string.
func queryEscape(s string) string { return url.QueryEscape(s) }

// methods that write.
func writes(method string) bool { return method != http.MethodGet && method != http.MethodHead }
