package gate_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// brokenText is bytes and escapes that are no text: invalid UTF-8, lone
// surrogates, NUL.
var brokenText = map[string]struct{ raw, escaped string }{
	"NUL":             {"\x00", `\u0000`},
	"lone byte":       {"\xff", ""},
	"cut rune":        {"\xe2\x82", ""},
	"overlong":        {"\xc0\xaf", ""},
	"overlong NUL":    {"\xc0\x80", ""},
	"surrogate":       {"\xed\xa0\x80", `\ud800`},
	"low surrogate":   {"\xed\xb0\x80", `\udc00`},
	"reversed":        {"\xed\xb0\x80\xed\xa0\x80", `\udc00\ud800`},
	"beyond Unicode":  {"\xf4\x90\x80\x80", ""},
	"half surrogates": {"", `\ud83dx`},
}

// brokenWays puts broken text into every place a client can write to.
func brokenWays(raw, escaped string) []ask {
	var list []ask
	inBody := func(text string) {
		list = append(list, bodyWays(`{"title":"a`+text+`b"}`)...)
		list = append(list, bodyWays(`{"title":"a","a`+text+`b":1}`)...)
		list = append(list, ask{method: http.MethodPost, target: "/rpc/first_note", body: `{"slug":"a` + text + `b"}`})
	}
	if escaped != "" {
		inBody(escaped)
	}
	if raw == "" {
		return list
	}
	inBody(raw)
	in := inQuery("a" + raw + "b")
	for _, op := range []string{"eq.", "like.", "ilike.", "match.", "in.(", "not.eq."} {
		closing := ""
		if op == "in.(" {
			closing = ")"
		}
		list = append(
			list, ask{method: http.MethodGet, target: "/notes?title=" + op + in + closing}, ask{method: http.MethodDelete, target: "/notes?title=" + op + in + closing},
			ask{method: http.MethodGet, target: "/notes?or=(title." + op + in + closing + ")"},
		)
	}
	return append(
		list, ask{method: http.MethodGet, target: "/notes?" + in + "=eq.x"}, ask{method: http.MethodGet, target: "/notes?select=" + in}, ask{method: http.MethodGet, target: "/notes?select=%22" + in + "%22:title"},
		ask{method: http.MethodGet, target: "/notes?order=" + in}, ask{method: http.MethodGet, target: "/notes?order=owner(" + in + ")"}, ask{method: http.MethodGet, target: "/notes?select=" + in + "(id)"},
		ask{method: http.MethodGet, target: "/notes?after=" + in}, ask{method: http.MethodGet, target: "/notes?limit=" + in}, ask{method: http.MethodPost, target: "/notes?columns=" + in, body: "[{}]"},
		ask{method: http.MethodPost, target: "/notes?on_conflict=" + in, body: wholeBody["notes"] + "}", prefer: merging},
		ask{method: http.MethodGet, target: "/news/" + in}, ask{method: http.MethodPatch, target: "/news/" + in, body: `{"text":"x"}`}, ask{method: http.MethodDelete, target: "/news/" + in},
		ask{method: http.MethodGet, target: "/news?code=eq." + in}, ask{method: http.MethodPost, target: "/news", body: `{"code":"a` + raw + `b","text":"x","published":true}`},
		ask{method: http.MethodGet, target: "/" + in}, ask{method: http.MethodPost, target: "/rpc/" + in, body: "{}"},
	)
}

// TestA36BrokenText: what is no text is refused in every place, with the same answer
// on both engines.
func TestA36BrokenText(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answers := map[string]map[string]string{} // by request, by engine
	t.Run("engines", func(t *testing.T) {
		engines(t, func(t *testing.T, f *fixture) {
			engine := f.db.Capabilities().Engine
			f.untouched(t, "broken text", func() {
				for name, broken := range brokenText {
					for _, a := range brokenWays(broken.raw, broken.escaped) {
						got := f.do(t, asAdmin, a)
						if got.Status != http.StatusBadRequest && got.Status != http.StatusNotFound {
							t.Errorf("%s in %q: status %d, want 400: %s", name, a, got.Status, got.Body)
						}
						mu.Lock()
						key := fmt.Sprintf("%q", a)
						if answers[key] == nil {
							answers[key] = map[string]string{}
						}
						answers[key][engine] = fmt.Sprintln(got.Status, got.Body)
						mu.Unlock()
					}
				}
			})
			for _, header := range []string{"Prefer", "Accept", "If-Match", "If-None-Match", "Accept-Profile", "Range", "X-Request-Id"} {
				for name, broken := range brokenText {
					got := f.as(t, asAna).With(header, "a"+broken.raw+"b").Get("/notes/" + anaDraft)
					if got.Status >= 500 {
						t.Errorf("%s in %s: status %d: %s", name, header, got.Status, got.Body)
					}
				}
			}
		})
	})
	for request, byEngine := range answers {
		if s, both := byEngine["sqlite"]; both && byEngine["postgres"] != "" && s != byEngine["postgres"] {
			t.Errorf("%s is answered differently\nsqlite   %s\npostgres %s", request, s, byEngine["postgres"])
		}
	}
}
