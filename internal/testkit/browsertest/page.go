package browsertest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"
)

// Page is a tab with cookies of its own. Its methods are for one goroutine and end the test
// if the browser fails.
type Page struct {
	tb      testing.TB
	browser *Browser
	session string

	mu       sync.Mutex
	problems []string
}

// NewPage opens an empty page. Pages share no cookies.
func (b *Browser) NewPage(tb testing.TB) *Page {
	tb.Helper()
	p := &Page{tb: tb, browser: b}
	var context struct {
		ID string `json:"browserContextId"`
	}
	p.Call("Target.createBrowserContext", nil, &context)
	var target struct {
		ID string `json:"targetId"`
	}
	p.Call("Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": context.ID}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	p.Call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	p.session = attached.Session
	b.mu.Lock()
	next := b.events
	b.events = func(session string, e event) {
		if session == p.session {
			p.note(e)
		} else if next != nil {
			next(session, e)
		}
	}
	b.mu.Unlock()
	p.Call("Page.enable", nil, nil)
	p.Call("Log.enable", nil, nil)
	p.Call("Runtime.enable", nil, nil)
	p.Call("Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true}, nil)
	return p
}

// note keeps what the page breaks: its Content-Security-Policy, and scripts that throw.
func (p *Page) note(e event) {
	var said struct {
		Entry struct {
			Source, Level, Text string
		} `json:"entry"`
		Thrown struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	if json.Unmarshal(e.Params, &said) != nil {
		return
	}
	text := said.Thrown.Exception.Description
	if s := said.Entry.Source; s == "security" || s == "violation" && said.Entry.Level == "error" {
		text = said.Entry.Text
	}
	if text != "" {
		p.mu.Lock()
		p.problems = append(p.problems, text)
		p.mu.Unlock()
	}
}

// Problems returns the violations of the Content-Security-Policy and the errors that scripts
// have thrown on the pages so far.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.problems
}

// Call calls a method of the DevTools protocol on the page.
func (p *Page) Call(method string, params, result any) {
	p.tb.Helper()
	if err := p.browser.send(p.session, method, params, result); err != nil {
		p.tb.Fatalf("%s: %v", method, err)
	}
}

// Visit goes to a URL and waits until the page is loaded.
func (p *Page) Visit(url string) {
	p.tb.Helper()
	var went struct {
		Problem string `json:"errorText"`
	}
	p.Call("Page.navigate", map[string]any{"url": url}, &went)
	if went.Problem != "" {
		p.tb.Fatalf("%s: %s", url, went.Problem)
	}
	if _, err := p.Run(`document.readyState === "complete" || new Promise(done => addEventListener("load", () => done(true)))`); err != nil {
		p.tb.Fatal(err)
	}
}

// Run evaluates JavaScript on the page, with a gesture of the user, and awaits a promise. It
// returns the result if it is a string. What the script throws is the error.
func (p *Page) Run(script string) (string, error) {
	var ran struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Thrown *struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	err := p.browser.send(p.session, "Runtime.evaluate", map[string]any{
		"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &ran)
	if err != nil {
		return "", err
	}
	if ran.Thrown != nil {
		return "", fmt.Errorf("thrown: %s", ran.Thrown.Exception.Description)
	}
	text, _ := ran.Result.Value.(string)
	return text, nil
}

// eventually waits until a script returns a text that is accepted, up to 20 seconds, and
// returns the last text. The script fails while the page changes.
func (p *Page) eventually(script string, accept func(text string) bool) (text string, accepted bool) {
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		var err error
		if text, err = p.Run(script); err == nil && accept(text) {
			return text, true
		}
	}
	return text, false
}
