package browsertest_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/browsertest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m)
}

// recorder is a test that collects failures.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

const form = `<!doctype html><html lang="en"><title>Form</title><meta name="viewport" content="width=device-width"><style>%s</style><main><h1>Form</h1><form action="/sent">
	<label for="name">Name</label><input id="name" name="name"%s>
	<label for="kind">Kind</label><select id="kind" name="kind"><option>Question</option><option>Praise</option></select>
	<label><input type="checkbox" name="copy"> Copy</label><button>Send</button></form></main></html>`

// TestKeyboardAndCheck: a form is sent by the keyboard, and the check finds what is wrong with
// a page.
func TestKeyboardAndCheck(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/good":
			fmt.Fprintf(w, form, "", "")
		case "/bad":
			w.Header().Set("Content-Security-Policy", "script-src 'self'")
			fmt.Fprintf(w, form, "h1 {width: 2000px} form {width: 50px} label {color: #999} ", ` onclick="alert()"`)
		default:
			fmt.Fprintf(w, "<!doctype html><title>Sent</title><p>Sent %s", html.EscapeString(r.URL.RawQuery))
		}
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	t.Setenv(browsertest.ScreenshotsEnv, folder)
	browser := browsertest.Start(t)

	page := browser.NewPage(t)
	page.Visit(server.URL + "/good")
	page.Check("good")
	if shots, err := filepath.Glob(filepath.Join(folder, "good-*.png")); err != nil || len(shots) != 3 {
		t.Errorf("screenshots %v, %v", shots, err)
	}
	if info, err := os.Stat(filepath.Join(folder, "good-phone.png")); err != nil || info.Size() < 500 {
		t.Errorf("good-phone.png: %v, %v", info, err)
	}
	page.Write("Name", "Bob")
	page.Write("Name", "Ann")
	page.Choose("Kind", "Praise")
	page.Toggle("Copy")
	page.Press("Send")
	page.See("Sent name=Ann&kind=Praise&copy=on")
	if got := page.URL(); got != "/sent?name=Ann&kind=Praise&copy=on" {
		t.Errorf("at %s", got)
	}

	found := &recorder{TB: t}
	bad := browser.NewPage(found)
	bad.Visit(server.URL + "/bad")
	bad.Check("bad")
	text := strings.Join(found.failures, "\n")
	for _, want := range []string{"width of 20", "wider than its box", "color-contrast", "Content Security Policy"} {
		if !strings.Contains(text, want) {
			t.Errorf("the check does not find %q: %s", want, text)
		}
	}
}
