package oidc_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// requirements skips or fails the test where something is not installed.
func requirements(t *testing.T) {
	t.Helper()
	programtest.Path(t, "node")
	programtest.File(t, "npm-packages", "node_modules/oidc-provider", "npm --prefix tests/foreign/oidc ci")
}

// foreign is the provider: its address, that of its twin, and the door to its keys.
type foreign struct{ Issuer, Twin, Door string }

// start runs provider.mjs until the test ends. Browsers may be sent back to callbacks.
func start(t *testing.T, callbacks ...string) foreign {
	t.Helper()
	requirements(t)
	script, err := os.Open("provider.mjs") // the cache of go test is to notice a change
	if err != nil {
		t.Fatal(err)
	}
	_ = script.Close() // it was only looked at
	var stderr bytes.Buffer
	cmd := exec.Command("node", append([]string{"provider.mjs"}, callbacks...)...) // without the test's context, which would kill it
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // ends it
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("node: %v\n%s", err, stderr.String())
		}
	})
	var f foreign
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &f) != nil {
		t.Fatalf("provider.mjs says %q: %v", line, err)
	}
	return f
}

// rotate gives the provider new keys; the old ones may stay published.
func (f foreign) rotate(t *testing.T, keep string) {
	t.Helper()
	answer, err := http.Get(f.Door + "/rotate?" + keep)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // it is empty
}

// browser follows redirects and keeps cookies, until it is sent back to the
// application.
type browser struct {
	t *testing.T
	http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "notes.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// open goes to a URL and returns where the application is called back, and the page
// if it is not.
func (b *browser) open(to string) (back *url.URL, page string) {
	b.t.Helper()
	answer, err := b.Get(to)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.arrive(answer)
}

// submit sends a form.
func (b *browser) submit(to string, form url.Values) (back *url.URL, page string) {
	b.t.Helper()
	answer, err := b.PostForm(to, form)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.arrive(answer)
}

func (b *browser) arrive(answer *http.Response) (back *url.URL, page string) {
	b.t.Helper()
	defer answer.Body.Close() // it was read
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if back, err = answer.Location(); err != nil {
		return nil, string(body)
	}
	return back, ""
}
